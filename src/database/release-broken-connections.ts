import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** What is used of a connection of pg's pool. */
interface Connection extends EventEmitter {
  connection: { stream: Socket };
  /** Whether PostgreSQL owes no answer. */
  readyForQuery: boolean;
  release(broken: boolean): void;
}

/** ms in which whoever held a connection that broke gives it back, if ever. */
const GRACE_MS = 1_000;

/**
 * Keeps a pool whole while its database comes and goes.
 *
 * Kysely never gives back a connection that broke in a transaction: its `release` comes after a rollback, which needs
 * the connection. Each such one would stay counted, until there is no place for another.
 * And a server that went without a word, as when its machine is lost, would be waited for as long as TCP does, a quarter
 * of an hour.
 *
 * @param silence ms that an answer may take
 */
export function watchConnections(pool: EventEmitter, silence: number): void {
  const held = new Set<Connection>();
  pool.on('acquire', (connection: Connection) => held.add(connection));
  pool.on('release', (_error, connection: Connection) => held.delete(connection));

  pool.on('connect', (client: Connection) => {
    const { stream } = client.connection;
    stream.setTimeout(silence, () => {
      if (!client.readyForQuery) stream.destroy(new Error('PostgreSQL does not answer.'));
    });
    const giveBack = () => held.has(client) && client.release(true);
    client.once('end', () => setTimeout(giveBack, GRACE_MS));
  });
}

type Callback = (error: unknown, client?: Connection, release?: Connection['release']) => void;

export interface Pool {
  connect(): Promise<Connection>;
  connect(callback: Callback): void;
}

/** Makes a pool try once more to connect where that may help; nobody who uses it hears of the first failure. */
export function retryConnections(pool: Pool, mayRetry: (error: unknown) => boolean): void {
  const connect: () => Promise<Connection> = pool.connect.bind(pool);
  const persist = () =>
    connect().catch((error: unknown) => {
      if (mayRetry(error)) return connect();
      throw error;
    });
  function connectOrCall(callback?: Callback) {
    const connection = persist();
    if (!callback) return connection;
    return connection.then(
      (client) => callback(undefined, client, (broken) => client.release(broken)),
      (error) => callback(error, undefined, () => {}),
    );
  }
  Object.assign(pool, { connect: connectOrCall });
}
