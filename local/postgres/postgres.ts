/**
 * The embedded PostgreSQL of a laptop: started, found running or recovered, and stopped by the last who uses it.
 *
 * The server listens on a unix socket in its own data folder and nowhere else: no port to choose, no password to keep;
 * that folder's permissions (0700) say who may enter.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCluster } from './cluster.ts';
import { findHome } from './data-directory.ts';
import { databaseUrl, takeSeat } from './lease.ts';
import { findPackage, makeRunnable } from './programs.ts';
import type { Server } from './server.ts';
import { supervise } from './supervise.ts';

export interface Postgres {
  /** `DATABASE_URL` of the product's database, over the unix socket. */
  url: string;
  /** Leaves the server. The last to leave shuts it down and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Gives a running PostgreSQL with the database `portrait`, whatever the last run left behind: nothing, a half-made
 * folder, a server that outlived its parent, a server that was killed. Several may start at once on one folder; they
 * share the server. A server that is killed later is started again.
 *
 * @param dataDir absolute folder of the product's data: the cluster is `postgres` in it, the log `postgres.log`
 * @param say     takes one-line messages for the log
 * @param stopping ends the start half-way
 * @throws Error that says what to do: no programs for this platform, data of another version, a server that will not start
 */
export async function startPostgres(
  dataDir: string,
  say: (message: string) => void,
  stopping?: AbortSignal,
): Promise<Postgres> {
  const installed = await findPackage();
  await mkdir(dataDir, { recursive: true });
  const folder = await realpath(dataDir);
  const home = await findHome(folder, say);
  const programs = await makeRunnable(installed, home, say);
  await makeCluster(home, { ...programs, stopping });

  const server: Server = { ...home, ...programs, log: join(folder, 'postgres.log'), say, stopping };
  const leave = supervise(await takeSeat(server), server);

  let leaving: Promise<void> | undefined;
  const stop = () => {
    leaving ??= leave();
    return leaving;
  };
  return { url: databaseUrl(home.sockets, 'portrait'), stop };
}
