import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { API_PATHS } from '../../lambda/contract.ts';
import type { Services } from '../app.ts';
import { PublicError } from '../errors.ts';
import { sendError } from './bodies.ts';
import { identifyEarly } from './context.ts';

/** ms that the event loop may lag behind: a second, and every answer is a second late. */
const MAX_DELAY = 1_000;

/** Bytes from which on a body is a photo: read for those only who may send one, and for few at once. */
const LARGE = 256 * 1024;
/** A photo in JSON is held in memory, up to 37 MB of it and 25 more when it is decoded; a file goes through the disk. */
const MOST_AT_ONCE = { json: 8, multipart: 64 };

/** Queries that wait for a connection, ten for each there is: with more, the last would wait for seconds, and then in vain. */
const MOST_WAITING = 100;

/** s after which whoever is turned away may come again. */
const COME_AGAIN = 5;

/**
 * Turns away what is too much: at once and in words, rather than everybody's answer later and later until memory ends.
 */
export async function addPressure(server: FastifyInstance, services: Services) {
  await server.register(underPressure, {
    maxEventLoopDelay: MAX_DELAY,
    pressureHandler(request, reply) {
      // Whoever looks after the process must hear from it most of all then.
      if (request.url.startsWith(API_PATHS.graphql)) sendError(reply, busy());
    },
  });

  server.addHook('onRequest', ({ url }, reply, done) => {
    const isTooMuch = services.pool.waitingCount >= MOST_WAITING;
    if (isTooMuch && url.startsWith(API_PATHS.graphql)) sendError(reply, busy());
    else done();
  });

  const underWay = { json: 0, multipart: 0 };
  server.addHook('onRequest', (request, reply, done) => {
    const kind = kindOfLarge(request);
    if (kind) admit(kind, request, reply).then(() => done(), done);
    else done();
  });

  async function admit(kind: keyof typeof underWay, request: FastifyRequest, reply: FastifyReply) {
    const { viewer, refusal } = await identifyEarly(services, request);
    if (!viewer) return sendError(reply, refusal ?? nobody());
    if (underWay[kind] >= MOST_AT_ONCE[kind]) return sendError(reply, busy());

    underWay[kind]++;
    reply.raw.once('close', () => underWay[kind]--);
  }
}

/** What a large body is, by its header; one that does not say how large it is may be. */
function kindOfLarge({ method, url, headers }: FastifyRequest) {
  const isSmall = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) < LARGE;
  if (method !== 'POST' || !url.startsWith(API_PATHS.graphql) || isSmall) return undefined;
  return headers['content-type']?.startsWith('multipart/') ? 'multipart' : 'json';
}

const busy = () =>
  new PublicError(
    'OVERLOADED',
    `There is more to do than can be done right now. Try again in ${COME_AGAIN} seconds.`,
    { retryAfter: COME_AGAIN },
  );

const nobody = () =>
  new PublicError('UNAUTHENTICATED', 'Sign in first: only then may a photo be sent.');
