import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { AppConfig } from '../config.ts';

/** s; browsers ask again for each preflight after two hours at the latest. */
const PREFLIGHT_AGE = 7_200;

/** Headers of every answer: its id, and what keeps browsers from doing more with an answer than is meant, and from calling us unasked. */
export async function addHeaders(server: FastifyInstance, { corsOrigins }: AppConfig) {
  server.addHook('onRequest', async ({ id }, reply) => {
    reply.header('x-request-id', id);
  });
  await server.register(helmet, {
    // Answers are data: no page, no frame, no script. Pages of ours say themselves what they need.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // The other origins that may read an answer are those of CORS.
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
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
