import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Authenticator } from '../../auth/authenticator.ts';
import { overloaded, PublicError } from '../../errors.ts';
import { identifyEarly } from '../identify-sender.ts';
import { tally } from '../tally.ts';
import { isMultipart } from '../uploads/multipart.ts';
import {
  ANONYMOUS_BYTES,
  allowSlowBody,
  bodyLength,
  limitedBody,
  sendError,
} from './body-limits.ts';

/** Mean event loop delay, which every response is late by. */
const MAX_DELAY_MS = 1_000;

/** Resolution of the samples, and interval of each mean. */
const SAMPLE = { resolutionMs: 10, intervalMs: 1_000 };

/** Larger bodies contain a photo. */
const LARGE_BODY_BYTES = 256 * 1024;

/**
 * Concurrent bodies of signed-in senders. A photo in JSON is held in memory, up to 37 MB, and 25 more when decoded; a
 * file is spooled to disk; 200 small bodies are at most 50 MB.
 */
const MAX_CONCURRENT = { small: 200, json: 8, multipart: 64 };

/** Share of these per user: a slow body takes minutes, and must not block other users. */
const SHARE_OF_ONE_USER = 1 / 4;

/** Queries waiting for a connection, ten per connection: with more, the last would wait for seconds and then fail. */
const MAX_WAITING_QUERIES = 100;

/** The same for operations over WebSocket, which clients retry automatically: HTTP requests have priority. */
const MAX_WAITING_QUERIES_WEBSOCKET = 25;

/**
 * Load shedding for the routes of this scope (ADR 0013): rejects excess requests immediately instead of responding ever
 * more slowly until memory is exhausted.
 *
 * @returns whether the process is too busy for an operation over WebSocket
 */
export function addLoadShedding(scope: FastifyInstance, pool: Pick<Pool, 'waitingCount'>) {
  const delay = measureDelay(scope);
  const isBeyond = (maxWaiting: number) =>
    delay() > MAX_DELAY_MS || pool.waitingCount >= maxWaiting;

  scope.addHook('onRequest', (_request, reply, done) => {
    if (isBeyond(MAX_WAITING_QUERIES)) sendError(reply, overloaded());
    else done();
  });
  return () => isBeyond(MAX_WAITING_QUERIES_WEBSOCKET);
}

/**
 * Measures the event loop itself: `@fastify/under-pressure` (9.2.0) also calls `process.memoryUsage()` in a timer, which
 * throws, uncaught, when no file descriptor is left: https://github.com/prometheus/client_js/issues/67
 *
 * @returns mean delay in the last sample, ms
 */
function measureDelay(scope: FastifyInstance) {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE.resolutionMs });
  histogram.enable();
  let delay = 0;
  const timer = setInterval(() => {
    // No sample in the whole interval: the event loop was blocked.
    const isBlocked = histogram.count === 0;
    delay = isBlocked ? Number.POSITIVE_INFINITY : histogram.mean / 1e6 - SAMPLE.resolutionMs;
    histogram.reset();
  }, SAMPLE.intervalMs).unref();
  scope.addHook('onClose', (_scope, done) => {
    clearInterval(timer);
    histogram.disable();
    done();
  });
  return () => delay;
}

/**
 * Decides how much of a body is read, before reading it: `ANONYMOUS_BYTES` from any sender, more from a sender with a
 * verified token, with limited concurrency.
 */
export function admitBodies(scope: FastifyInstance, authenticator: Authenticator) {
  const slots = {
    small: openBodySlots(MAX_CONCURRENT.small),
    json: openBodySlots(MAX_CONCURRENT.json),
    multipart: openBodySlots(MAX_CONCURRENT.multipart),
  };
  const refusals = new WeakMap<FastifyRequest, PublicError>();

  scope.addHook('onRequest', (request, reply, done) => {
    if (bodyLength(request) <= ANONYMOUS_BYTES) done();
    else admit(request, reply).then(() => reply.sent || done(), done);
  });
  scope.addHook('preParsing', async (request, _reply, payload) => {
    const refusal = refusals.get(request);
    return refusal ? limitedBody(payload, refusal) : payload;
  });

  async function admit(request: FastifyRequest, reply: FastifyReply) {
    const { viewer, refusal = anonymous() } = await identifyEarly(authenticator, request);
    if (!viewer) {
      // A body without Content-Length may be short; a file never is.
      const mayBeShort = bodyLength(request) === Number.POSITIVE_INFINITY && !isMultipart(request);
      if (!mayBeShort) return sendError(reply, refusal);
      refusals.set(request, refusal);
      return;
    }
    const leave = slots[kindOf(request)].take(viewer.id);
    if (!leave) return sendError(reply, overloaded());

    if (reply.raw.destroyed) return leave();
    reply.raw.once('close', leave);
    allowSlowBody(request, reply);
  }
}

function openBodySlots(count: number) {
  const shares = tally(count * SHARE_OF_ONE_USER);
  let taken = 0;
  return {
    /** @returns a function that releases the slot; undefined when none is free for this user */
    take(userId: string): (() => void) | undefined {
      const release = taken < count ? shares.take(userId) : undefined;
      if (!release) return undefined;
      taken++;
      return () => {
        taken--;
        release();
      };
    },
  };
}

/** By the headers; a body without Content-Length may be large. */
function kindOf(request: FastifyRequest) {
  if (bodyLength(request) < LARGE_BODY_BYTES) return 'small';
  return isMultipart(request) ? 'multipart' : 'json';
}

const anonymous = () =>
  new PublicError(
    'UNAUTHENTICATED',
    `Sign in first: without a valid token a request body may have at most ${ANONYMOUS_BYTES} bytes.`,
  );
