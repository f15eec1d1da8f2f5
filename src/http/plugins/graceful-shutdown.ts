import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** ms that requests under way get to be answered and, from then on, to say that they failed. */
const GRACE = { answer: 2_000, refuse: 500 };

/**
 * Makes the server close without tearing up what is under way: new requests are refused, old ones may finish; what
 * takes longer is broken off, answers so and writes so into its row; whoever is still sending then is cut off.
 *
 * @param breakOff ends what requests may be waiting for
 * @returns takes note of a request's work, which may go on after its client has left: the database must not close
 *          before that has written down how it ended
 */
export function closeGracefully(server: FastifyInstance, breakOff: () => void) {
  const underWay = new Set<Promise<unknown>>();
  function track<Result>(work: Promise<Result>): Promise<Result> {
    underWay.add(work);
    const forget = () => underWay.delete(work);
    work.then(forget, forget);
    return work;
  }
  const allWithin = (ms: number) =>
    Promise.race([Promise.allSettled(underWay).then(() => true), delay(ms, false, { ref: false })]);

  server.addHook('onRequest', (_request, { raw }, done) => {
    track(new Promise((resolve) => raw.once('close', resolve)));
    done();
  });
  server.addHook('preClose', async () => {
    if (await allWithin(GRACE.answer)) return;
    breakOff();
    await allWithin(GRACE.refuse);
  });
  server.addHook('onClose', async () => {
    await allWithin(GRACE.refuse);
  });
  return track;
}
