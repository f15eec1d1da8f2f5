import type { FastifyInstance } from 'fastify';
import { network } from '../../auth/rate-limit-keys.ts';
import { overloaded, PublicError } from '../../errors.ts';
import { clientAddress } from '../client-address.ts';
import { sendError } from '../plugins/body-limits.ts';
import { tally } from '../tally.ts';

/** Limits of concurrent WebSockets and their operations per process. */
export const SOCKETS = {
  /** 10 to 30 KB each: 60 MB at most. */
  total: 2_000,
  /** An office or a campus shares an address; at most a quarter of its members follow an upload at the same time. */
  perNetwork: 200,
  /** Browser tabs and devices: the web app has a WebSocket only while an upload is shown. */
  perUser: 10,
  /** Uploads that one page shows at once. */
  operationsPerSocket: 20,
  /** 17 to 47 KB each: 190 MB at most. One user has 200. */
  operations: 4_000,
} as const;

/**
 * Messages of one user, on all of their WebSockets. The largest documents take 7 ms each: 7 % of a core, and 350 ms
 * for a burst. An upload in the web app takes three: subscribe, complete, and an occasional pong.
 */
export const MESSAGES = { burst: 50, perSecond: 10 } as const;

/** Time until an empty bucket is full: a user who reconnects earlier keeps the same bucket. */
const REFILL_MS = (MESSAGES.burst / MESSAGES.perSecond) * 1000;

const RETRY_AFTER_S = 30;

export type Sockets = ReturnType<typeof countSockets>;

/** Counts the WebSockets of this process, for their limits and for the metrics. */
export function countSockets() {
  const networks = tally(SOCKETS.perNetwork);
  const users = tally(SOCKETS.perUser);
  const rates = new Map<string, () => boolean>();
  const counts = { open: 0, authenticated: 0, operations: 0 };
  return {
    counts,
    /**
     * Counts a WebSocket.
     *
     * @returns releases it
     * @throws PublicError OVERLOADED, or TOO_MANY_REQUESTS for a network at its limit
     */
    openSocket(address: string) {
      if (counts.open >= SOCKETS.total) throw overloaded();
      const release = networks.take(network(address));
      if (!release) throw tooMany();
      counts.open++;
      return () => {
        counts.open--;
        release();
      };
    },
    /** Counts an authenticated WebSocket. @returns releases it; undefined for a user at the limit */
    addUser(userId: string) {
      const release = users.take(userId);
      if (!release) return undefined;
      counts.authenticated++;
      return () => {
        counts.authenticated--;
        release();
        const forget = () => users.count(userId) === 0 && rates.delete(userId);
        setTimeout(forget, REFILL_MS).unref();
      };
    },
    /** The message rate that all WebSockets of a user share. */
    rateOf(userId: string) {
      const rate = rates.get(userId) ?? tokenBucket(MESSAGES);
      rates.set(userId, rate);
      return rate;
    },
  };
}

/**
 * Rejects a WebSocket above the limits before it is opened.
 *
 * @param proxies number of trusted proxies (TRUST_PROXY)
 */
export function limitSockets(scope: FastifyInstance, sockets: Sockets, proxies: number) {
  scope.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    // A destroyed socket emits no further `close`, and would be counted forever.
    if (!request.ws || socket.destroyed) return done();
    try {
      socket.once('close', sockets.openSocket(clientAddress(request, proxies)));
      done();
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
      sendError(reply, error);
    }
  });
}

const tooMany = () =>
  new PublicError(
    'TOO_MANY_REQUESTS',
    `At most ${SOCKETS.perNetwork} WebSockets are accepted from one network. Close others, or try again in ${RETRY_AFTER_S} seconds.`,
    { retryAfter: RETRY_AFTER_S },
  );

/**
 * An in-memory token bucket: bursts of `burst`, `perSecond` on average.
 *
 * @returns a function that takes a token and returns whether there was one
 */
export function tokenBucket({ burst, perSecond }: { burst: number; perSecond: number }) {
  let tokens = burst;
  let refilled = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - refilled) * perSecond) / 1000);
    refilled = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
