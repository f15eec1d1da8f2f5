/** Starts the embedded server again after it was killed, or attaches to the one that another product has started. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { leaveSeat, takeSeat } from './lease.ts';
import type { Server } from './server.ts';

/** A server that ran this long before it was lost starts a new count, ms. */
const STABLE_MS = 60_000;

/**
 * Restarts in a row after which the server is given up. The first is immediate, the others wait 0.25 s, 0.5 s … 8 s,
 * 15.75 s in all: enough for orphans of a killed server, whose statements end after 5 s.
 */
const MAX_RESTARTS = 7;
const BACK_OFF_MS = 250;

/**
 * Watches the connection that holds our seat. It ends with the server, so its end means that the server was killed or
 * has crashed; of several products on one server PostgreSQL's own lock file lets one start it.
 *
 * @returns what leaves the server, as `leaveSeat` does
 */
export function supervise(first: pg.Client, server: Server) {
  const { say, log } = server;
  const leaving = new AbortController();
  const stopping = AbortSignal.any([leaving.signal, server.stopping ?? leaving.signal]);
  let seat: pg.Client | undefined = first;

  async function watch() {
    for (let restarts = 0; ; restarts += 1) {
      if (seat) {
        const since = Date.now();
        await lost(seat);
        if (Date.now() - since > STABLE_MS) restarts = 0;
        if (!stopping.aborted) say(`PostgreSQL was lost, see ${log}; starting it again.`);
      }
      if (stopping.aborted || restarts === MAX_RESTARTS) break;
      await delay(restarts && BACK_OFF_MS * 2 ** (restarts - 1), undefined, { signal: stopping });
      seat = await restart();
    }
    if (!stopping.aborted) say('PostgreSQL is given up. Remove the cause and restart Portrait.');
  }

  /** Not `once`, which rejects on the error that comes before the end. */
  const lost = (connection: pg.Client) =>
    new Promise<void>((resolve) => {
      if (stopping.aborted) resolve();
      connection.once('end', resolve);
      stopping.addEventListener('abort', () => resolve(), { once: true });
    });

  async function restart() {
    try {
      const connection = await takeSeat({ ...server, stopping });
      say('PostgreSQL runs again.');
      return connection;
    } catch (error) {
      if (!stopping.aborted) say(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  const watching = watch().catch(() => {});
  return async () => {
    leaving.abort();
    await watching;
    await leaveSeat(seat, server);
  };
}
