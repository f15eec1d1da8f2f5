/**
 * The embedded PostgreSQL: started, attached to or recovered, and stopped by the last process that uses it (ADR 0033).
 *
 * The server listens only on a Unix socket in its own data directory, whose permissions (0700) control access: no port
 * to choose, no password to store.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareCluster } from './cluster.ts';
import { findDataDirectory } from './data-directory.ts';
import { acquireLease, databaseUrl } from './lease.ts';
import { findPackage, makeRunnable } from './programs.ts';
import type { Server } from './server.ts';
import { supervise } from './supervise.ts';

export interface Postgres {
  /** `DATABASE_URL` of the product's database, over the unix socket. */
  url: string;
  /** Releases the server. The last user shuts it down and waits until it has ended. */
  stop(): Promise<void>;
}

/**
 * Returns a running PostgreSQL with the database `portrait`, whatever the last run left behind: nothing, an incomplete
 * directory, a server that outlived its parent, a server that was killed. Concurrent starts in one directory share the
 * server. A server that is killed later is restarted.
 *
 * @param dataDir absolute path of the product's data: the cluster is `postgres` in it, the log `postgres.log`
 * @param log     logs a one-line message
 * @param stopping aborts the start
 * @throws Error with the remedy: no programs for this platform, data of another version, a server that does not start
 */
export async function startPostgres(
  dataDir: string,
  log: (message: string) => void,
  stopping?: AbortSignal,
): Promise<Postgres> {
  const installed = await findPackage();
  await mkdir(dataDir, { recursive: true });
  const directory = await realpath(dataDir);
  const data = await findDataDirectory(directory, log);
  const programs = await makeRunnable(installed, data, log);
  await prepareCluster(data, { ...programs, stopping });

  const server: Server = {
    ...data,
    ...programs,
    logFile: join(directory, 'postgres.log'),
    log,
    stopping,
  };
  const leave = supervise(await acquireLease(server), server);

  let leaving: Promise<void> | undefined;
  const stop = () => {
    leaving ??= leave();
    return leaving;
  };
  return { url: databaseUrl(data.sockets, 'portrait'), stop };
}
