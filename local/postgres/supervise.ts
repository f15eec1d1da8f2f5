/** Restarts the embedded server after it was killed, or attaches to the one that another process has started. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { acquireLease, releaseLease } from './lease.ts';
import type { Server } from './server.ts';

/** A server that ran this long before it was lost resets the count of restarts. */
const STABLE_MS = 60_000;

/**
 * Consecutive restarts before giving up. The first is immediate, the others wait 0.25 s, 0.5 s … 8 s, 15.75 s in total:
 * enough for orphans of a killed server, whose statements end after 5 s.
 */
const MAX_RESTARTS = 7;
const BACK_OFF_MS = 250;

/**
 * Watches the connection that holds our lease. It ends when the server is killed or crashes. If several processes use one
 * server, PostgreSQL's lock file lets only one of them restart it.
 *
 * @returns a function that releases the server, like `releaseLease`
 */
export function supervise(first: pg.Client, server: Server) {
  const { log, logFile } = server;
  const leaving = new AbortController();
  const stopping = AbortSignal.any([leaving.signal, server.stopping ?? leaving.signal]);
  let lease: pg.Client | undefined = first;

  async function watch() {
    for (let restarts = 0; ; restarts += 1) {
      if (lease) {
        const since = Date.now();
        await lost(lease);
        if (Date.now() - since > STABLE_MS) restarts = 0;
        if (!stopping.aborted) log(`PostgreSQL was lost, see ${logFile}; restarting it.`);
      }
      if (stopping.aborted || restarts === MAX_RESTARTS) break;
      await delay(restarts && BACK_OFF_MS * 2 ** (restarts - 1), undefined, { signal: stopping });
      lease = await restart();
    }
    if (!stopping.aborted)
      log(
        'PostgreSQL keeps failing and is not restarted again. Fix the cause and restart Portrait.',
      );
  }

  /** Not `once` of node:events, which rejects on the error that precedes the end. */
  const lost = (connection: pg.Client) =>
    new Promise<void>((resolve) => {
      if (stopping.aborted) resolve();
      connection.once('end', resolve);
      stopping.addEventListener('abort', () => resolve(), { once: true });
    });

  async function restart() {
    try {
      const connection = await acquireLease({ ...server, stopping });
      log('PostgreSQL is running again.');
      return connection;
    } catch (error) {
      if (!stopping.aborted) log(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  const watching = watch().catch(() => {});
  return async () => {
    leaving.abort();
    await watching;
    await releaseLease(lease, server);
  };
}
