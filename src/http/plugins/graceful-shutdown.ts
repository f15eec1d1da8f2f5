import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Time for requests in progress to complete and, after that, to fail. */
const TIMEOUTS_MS = { complete: 2_000, fail: 500 };

/**
 * Graceful shutdown: rejects new requests and lets those in progress complete. Requests that take longer are aborted, and
 * report and store their failure; clients that are still sending are disconnected.
 *
 * @param abortCalls aborts the calls that requests may be waiting for
 * @returns tracks the work of a request, which may continue after the client has disconnected: the database must not
 *          close before the outcome has been stored
 */
export function closeGracefully(server: FastifyInstance, abortCalls: () => void) {
  const inProgress = new Set<Promise<unknown>>();
  function track<Result>(work: Promise<Result>): Promise<Result> {
    inProgress.add(work);
    const remove = () => inProgress.delete(work);
    work.then(remove, remove);
    return work;
  }
  const allWithin = (ms: number) =>
    Promise.race([
      Promise.allSettled(inProgress).then(() => true),
      delay(ms, false, { ref: false }),
    ]);

  server.addHook('onRequest', (_request, { raw }, done) => {
    track(new Promise((resolve) => raw.once('close', resolve)));
    done();
  });
  server.addHook('preClose', async () => {
    if (await allWithin(TIMEOUTS_MS.complete)) return;
    abortCalls();
    await allWithin(TIMEOUTS_MS.fail);
  });
  server.addHook('onClose', async () => {
    await allWithin(TIMEOUTS_MS.fail);
  });
  return track;
}
