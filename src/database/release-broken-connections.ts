import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** The used part of a connection of pg's pool. */
interface Connection extends EventEmitter {
  connection: { stream: Socket };
  /** Whether no query is in progress. */
  readyForQuery: boolean;
  release(broken: boolean): void;
}

/** ms after which a broken connection that was not released is removed. */
const GRACE_MS = 1_000;

/**
 * Removes broken connections from a pool after a database outage.
 *
 * Kysely never gives back a connection that broke in a transaction: its `release` comes after a rollback, which needs
 * the connection. Each such one would stay counted, until there is no place for another.
 * A server that disappears without closing its connections, such as a lost machine, would block them until TCP times out
 * after 15 minutes.
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

/** Makes a pool retry a failed connection once where that may help; callers do not see the first failure. */
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
