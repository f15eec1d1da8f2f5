import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { AppConfig } from '../../config.ts';

/** Browsers cache a preflight response for two hours at most. */
const PREFLIGHT_MAX_AGE_S = 7_200;

/**
 * Security headers of responses that are data, not documents: no frames, no scripts. The web app and the playground set
 * their own policies.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
const DATA_ONLY = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  // CORS allows the other origins.
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  // For browsers without support for `frame-ancestors`; the playground frames parts of itself.
  'x-frame-options': 'SAMEORIGIN',
};

/** Headers of every response: request id, security headers and CORS. */
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
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
}
