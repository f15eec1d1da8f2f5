/**
 * The embedded PostgreSQL of a laptop: started, found running or recovered, and stopped by the last who uses it.
 *
 * The server listens on a unix socket in its own data folder and nowhere else: no port to choose, no password to keep;
 * that folder's permissions (0700) say who may enter.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { makeCluster } from './postgres/cluster.ts';
import { findHome } from './postgres/home.ts';
import { findPrograms } from './postgres/programs.ts';
import {
  failure,
  isRunning,
  launch,
  PORT,
  readLock,
  type Server,
  shutDown,
} from './postgres/server.ts';

export interface Postgres {
  /** `DATABASE_URL` of the product's database, over the unix socket. */
  url: string;
  /** Leaves the server. The last to leave shuts it down and waits for its end. */
  stop(): Promise<void>;
}

/** Who uses the server holds this advisory lock, shared, on a connection of its own; who gets it alone is the last. */
const SEAT = '(18, 5432)';

/** Recovery after a kill reads at most the write-ahead log, 256 MB: seconds. A slow disk gets a minute. */
const PATIENCE_MS = 60_000;

/** Of a server that ends at once; another may follow, for a killed one's orphans hold its memory a moment longer. */
const LAUNCHES = 8;

/**
 * Gives a running PostgreSQL with the database `portrait`, whatever the last run left behind: nothing, a half-made
 * folder, a server that outlived its parent, a server that was killed. Several may start at once on one folder: they
 * share the server.
 *
 * @param dataDir absolute folder of the product's data: the cluster is `postgres` in it, the log `postgres.log`
 * @param say     takes one-line messages for the log
 * @throws Error with what to do: no programs for this platform, data of another major version, a server that will not start
 */
export async function startPostgres(
  dataDir: string,
  say: (message: string) => void,
): Promise<Postgres> {
  await mkdir(dataDir, { recursive: true });
  const folder = await realpath(dataDir);
  const home = await findHome(folder, say);
  const programs = await findPrograms(home, say);
  await makeCluster(home, programs);

  const server: Server = { ...home, ...programs, log: join(folder, 'postgres.log'), say };
  const seat = await takeSeat(server);
  await createDatabase(seat);

  let leaving: Promise<void> | undefined;
  seat.on(
    'error',
    ({ message }) => leaving ?? say(`PostgreSQL is lost: ${message}. See ${server.log}`),
  );
  const stop = () => (leaving ??= leave(seat, server.cluster));
  return { url: databaseUrl(server, 'portrait'), stop };
}

/** The socket's folder stands, escaped, where the host goes: the one form that pg, MikroORM and libpq all read. */
const databaseUrl = ({ sockets }: Server, database: string) =>
  `postgresql://portrait@${encodeURIComponent(sockets)}:${PORT}/${database}`;

/** Knocks until somebody opens, and launches a server whenever none is alive. */
async function takeSeat(server: Server) {
  const deadline = Date.now() + PATIENCE_MS;
  let child: Awaited<ReturnType<typeof launch>> | undefined;
  for (let launches = 0; ; await delay(25)) {
    const answer = await knock(server);
    if (answer instanceof pg.Client) return answer;

    const lock = await readLock(server.cluster);
    const isDown = !lock.isHeld && !(child && isRunning(child));
    if (Date.now() > deadline || (isDown && launches === LAUNCHES))
      throw await failure(server, answer);
    if (!isDown) continue;
    if (launches > 0) await delay(20 * 2 ** launches);
    child = await launch(server, lock.pid);
    launches += 1;
  }
}

/** A connection that holds a seat, or why there is none. It is on `postgres`, so that `portrait` can be dropped or copied. */
async function knock(server: Server) {
  const client = new pg.Client({
    connectionString: databaseUrl(server, 'postgres'),
    connectionTimeoutMillis: 5000,
    application_name: 'portrait seat',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`select pg_advisory_lock_shared${SEAT}`);
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

/** Of two who leave at once, at least one finds itself alone: each gives up its share before it asks for the whole. */
async function leave(seat: pg.Client, cluster: string) {
  const isLast = await seat
    .query(`select pg_advisory_unlock_shared${SEAT}`)
    .then(() => seat.query<{ alone: boolean }>(`select pg_try_advisory_lock${SEAT} as alone`))
    .then(({ rows }) => rows[0]?.alone === true)
    .catch(() => true);
  if (isLast) await shutDown(cluster);
  await seat.end();
}
