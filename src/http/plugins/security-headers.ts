import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { AppConfig } from '../../config.ts';

/** s; browsers ask again for each preflight after two hours at the latest. */
const PREFLIGHT_AGE = 7_200;

/**
 * What keeps browsers from doing more with an answer than is meant. Answers are data: no page, no frame, no script. Pages
 * of ours say themselves what they need.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
const DATA_ONLY = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  // The other origins that may read an answer are those of CORS.
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  // For browsers that do not know `frame-ancestors`; the playground frames parts of itself.
  'x-frame-options': 'SAMEORIGIN',
};

/** Headers of every answer: its id, what browsers may do with it, and which pages may ask. */
export async function addHeaders(server: FastifyInstance, { corsOrigins }: AppConfig) {
  server.addHook('onRequest', ({ id }, reply, done) => {
    reply.headers(DATA_ONLY).header('x-request-id', id);
    done();
  });
  if (corsOrigins.length === 0) return;
  await server.register(cors, {
    origin: corsOrigins,
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'apollo-require-preflight',
      'x-apollo-operation-name',
      'traceparent',
    ],
    exposedHeaders: ['retry-after', 'x-request-id'],
    maxAge: PREFLIGHT_AGE,
  });
}
