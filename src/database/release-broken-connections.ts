import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** The parts of a pg pool connection that are used here. */
interface Connection extends EventEmitter {
  connection: { stream: Socket };
  /** Whether no query is in progress. */
  readyForQuery: boolean;
  release(broken: boolean): void;
}

/** A broken connection that is not released within this time is removed. */
const RELEASE_GRACE_MS = 1_000;

/**
 * Removes broken connections from a pool after a database outage.
 *
 * Kysely 0.29.6 never releases a connection that broke inside a transaction, since it first sends a rollback over it:
 * https://github.com/kysely-org/kysely/issues/1990. Such connections would accumulate until the pool is exhausted.
 * A server that disappears without closing its connections, such as a lost machine, would block them until TCP times out
 * after 15 minutes.
 *
 * @param responseTimeoutMs time after which a connection without a response is closed
 */
export function watchConnections(pool: EventEmitter, responseTimeoutMs: number): void {
  const held = new Set<Connection>();
  pool.on('acquire', (connection: Connection) => held.add(connection));
  pool.on('release', (_error, connection: Connection) => held.delete(connection));

  pool.on('connect', (client: Connection) => {
    const { stream } = client.connection;
    stream.setTimeout(responseTimeoutMs, () => {
      if (!client.readyForQuery) stream.destroy(new Error('PostgreSQL does not answer.'));
    });
    const giveBack = () => held.has(client) && client.release(true);
    client.once('end', () => setTimeout(giveBack, RELEASE_GRACE_MS));
  });
}

type Callback = (error: unknown, client?: Connection, release?: Connection['release']) => void;

export interface Pool {
  connect(): Promise<Connection>;
  connect(callback: Callback): void;
}

/** Makes a pool retry a failed connection once if `mayRetry` allows it; callers do not see the first failure. */
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
