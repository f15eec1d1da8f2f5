/**
 * Who uses the server holds a seat: a connection with a shared advisory lock, which ends with its process, however that
 * dies. So the server itself knows when the last one leaves.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import {
  abandon,
  failure,
  isRunning,
  launch,
  PORT,
  readLock,
  type Server,
  shutDown,
} from './server.ts';

/** Key of the lock; two numbers, to stay out of the way of keys of one. */
const SEAT = '(18, 5432)';

/** Recovery after a kill reads at most the write-ahead log, 256 MB: seconds. A slow disk gets a minute. */
const PATIENCE_MS = 60_000;

/** Of servers that end at once: orphans of a killed one may hold its memory a little longer. Takes 20 * (2 + … + 32) = 1.2 s. */
const LAUNCHES = 6;

/** The socket's folder stands, escaped, where the host goes: the one form that pg, MikroORM and libpq all read. */
export const databaseUrl = (sockets: string, database: string) =>
  `postgresql://portrait@${encodeURIComponent(sockets)}:${PORT}/${database}`;

/** Knocks until the server opens, and launches one whenever none is alive. */
export async function takeSeat(server: Server) {
  const deadline = Date.now() + PATIENCE_MS;
  let child: ChildProcess | undefined;
  for (let launches = 0; ; await delay(25)) {
    if (server.stopping?.aborted && child) await leaveUnopened(child, server);
    server.stopping?.throwIfAborted();
    const answer = await knock(server);
    if (answer instanceof pg.Client) return answer;

    const lock = await readLock(server.cluster);
    const isAlive = lock.isHeld || (child && isRunning(child));
    if (Date.now() > deadline || (!isAlive && launches === LAUNCHES)) {
      throw await failure(server, answer);
    }
    if (isAlive) continue;
    if (launches > 0) await delay(20 * 2 ** launches);
    child = await launch(server, lock.pid);
    launches += 1;
  }
}

/** Ms that a server just launched gets to open, when its starter is to leave. */
const OPENING_MS = 1_000;

/** Ends a server that did not open for its starter, unless it opens now and others use it. */
async function leaveUnopened(child: ChildProcess, server: Server) {
  const deadline = Date.now() + OPENING_MS;
  for (; isRunning(child) && Date.now() < deadline; await delay(25)) {
    const answer = await knock(server);
    if (answer instanceof pg.Client) return leaveSeat(answer, server);
  }
  await abandon(child);
}

/** A connection that holds a seat, or why there is none. Not on `portrait`, which may then be copied or dropped. */
async function knock({ sockets }: Server) {
  const client = new pg.Client({
    connectionString: databaseUrl(sockets, 'postgres'),
    connectionTimeoutMillis: 2000,
    application_name: 'portrait seat',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`select pg_advisory_lock_shared${SEAT}`);
    await createDatabase(client);
    return client;
  } catch (error) {
    client.end().catch(() => {});
    return error;
  }
}

async function createDatabase(seat: pg.Client) {
  const { rowCount } = await seat.query(`select from pg_database where datname = 'portrait'`);
  if (rowCount) return;
  await seat.query('create database portrait').catch((error: { code?: string }) => {
    // Another starter was faster: duplicate_database, or unique_violation when it was at the very same moment.
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}

/** Ends the server when nobody else has a seat. Its own may be lost with a killed server, that others have started again. */
export async function leaveSeat(own: pg.Client | undefined, server: Server) {
  const isAlive = await own?.query('select').then(
    () => true,
    () => false,
  );
  const seat = isAlive ? own : await knock(server);
  if (!(seat instanceof pg.Client)) return shutDown(server.cluster);
  if (await isAlone(seat).catch(() => true)) await shutDown(server.cluster);
  await seat.end();
}

/** Of two who leave at once, at least one is alone: each gives up its share before it asks for the whole, and keeps that. */
async function isAlone(seat: pg.Client) {
  await seat.query(`select pg_advisory_unlock_shared${SEAT}`);
  const { rows } = await seat.query<{ alone: boolean }>(
    `select pg_try_advisory_lock${SEAT} as alone`,
  );
  return rows[0]?.alone === true;
}
