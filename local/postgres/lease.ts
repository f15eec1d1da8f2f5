/**
 * Each process that uses the server holds a lease: a connection with a shared advisory lock, which is released when the
 * process ends, however it ends. The last one to leave can thus shut the server down.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import {
  abandon,
  isRunning,
  launch,
  PORT,
  readLock,
  type Server,
  shutDown,
  startError,
} from './server.ts';

/** Key of the advisory lock. Keys of two numbers cannot collide with keys of one. */
const LEASE_LOCK = '(18, 5432)';

/** Recovery after a kill reads at most the write-ahead log, 256 MB: seconds, or a minute on a slow disk. */
const START_TIMEOUT_MS = 60_000;

/** A server ends immediately while orphans of a killed one still hold its shared memory. Six launches take 20 * (2 + … + 32) = 1.2 s. */
const MAX_LAUNCHES = 6;

/** The socket's directory, escaped, in place of the host: the only form that pg, MikroORM and libpq all accept. */
export const databaseUrl = (sockets: string, database: string) =>
  `postgresql://portrait@${encodeURIComponent(sockets)}:${PORT}/${database}`;

/** Connects as soon as the server accepts connections; launches one whenever none is alive. */
export async function acquireLease(server: Server) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let child: ChildProcess | undefined;
  for (let launches = 0; ; await delay(25)) {
    if (server.stopping?.aborted && child) await abandonUnready(child, server);
    server.stopping?.throwIfAborted();
    const connection = await tryConnect(server);
    if (connection instanceof pg.Client) return connection;

    const lock = await readLock(server.cluster);
    const isAlive = lock.isHeld || (child && isRunning(child));
    if (Date.now() > deadline || (!isAlive && launches === MAX_LAUNCHES)) {
      throw await startError(server, connection);
    }
    if (isAlive) continue;
    if (launches > 0) await delay(20 * 2 ** launches);
    child = await launch(server, lock.pid);
    launches += 1;
  }
}

/** Time for a launched server to become ready if its starter is stopped meanwhile. */
const READY_TIMEOUT_MS = 1_000;

/** Ends a server that its starter no longer needs, unless it becomes ready now and others use it. */
async function abandonUnready(child: ChildProcess, server: Server) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (; isRunning(child) && Date.now() < deadline; await delay(25)) {
    const connection = await tryConnect(server);
    if (connection instanceof pg.Client) return releaseLease(connection, server);
  }
  await abandon(child);
}

/** Returns a connection that holds a lease, or the error. Not to `portrait`, which could then not be copied or dropped. */
async function tryConnect({ sockets }: Server) {
  const client = new pg.Client({
    connectionString: databaseUrl(sockets, 'postgres'),
    connectionTimeoutMillis: 2000,
    application_name: 'portrait lease',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`select pg_advisory_lock_shared${LEASE_LOCK}`);
    await createDatabase(client);
    return client;
  } catch (error) {
    client.end().catch(() => {});
    return error;
  }
}

async function createDatabase(lease: pg.Client) {
  const { rowCount } = await lease.query(`select from pg_database where datname = 'portrait'`);
  if (rowCount) return;
  await lease.query('create database portrait').catch((error: { code?: string }) => {
    // A concurrent start was faster: duplicate_database, or unique_violation if both ran at the same moment.
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}

/** Releases the lease, and shuts the server down if it was the last one. Our connection may be lost if the server was killed and restarted by others. */
export async function releaseLease(own: pg.Client | undefined, server: Server) {
  const isAlive = await own?.query('select').then(
    () => true,
    () => false,
  );
  const lease = isAlive ? own : await tryConnect(server);
  if (!(lease instanceof pg.Client)) return shutDown(server.cluster);
  if (await isLastLease(lease).catch(() => true)) await shutDown(server.cluster);
  await lease.end();
}

/** Of two concurrent releases at least one is last: each releases its shared lock before it requests, and keeps, the exclusive one. */
async function isLastLease(lease: pg.Client) {
  await lease.query(`select pg_advisory_unlock_shared${LEASE_LOCK}`);
  const { rows } = await lease.query<{ last: boolean }>(
    `select pg_try_advisory_lock${LEASE_LOCK} as last`,
  );
  return rows[0]?.last === true;
}
