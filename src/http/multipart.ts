import type { FastifyInstance, FastifyRequest } from 'fastify';
import processRequest from 'graphql-upload/processRequest.mjs';

/** Anything that makes a browser ask first: Apollo refuses what comes without, so it need not be read. */
const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-apollo-operation-name'];

/** Characters of `operations`: a query and its variables; the photo is a file beside it. */
const MAX_OPERATIONS = 1_000_000;

/**
 * Files in GraphQL requests: they stream while the resolver already runs.
 *
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export function acceptMultipart(server: FastifyInstance, maxUploadBytes: number) {
  server.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));

  server.addHook('preValidation', async (request, reply) => {
    if (!isMultipart(request)) return;
    if (!PREFLIGHT_HEADERS.some((name) => name in request.headers)) return;
    request.body = await processRequest(request.raw, reply.raw, {
      maxFiles: 1,
      maxFileSize: maxUploadBytes,
      maxFieldSize: MAX_OPERATIONS,
    });
  });

  // A body nobody has read keeps the connection, and the client, waiting.
  server.addHook('onResponse', async (request) => {
    if (isMultipart(request) && !request.raw.readableEnded) request.raw.resume();
  });
}

const isMultipart = (request: FastifyRequest) =>
  request.headers['content-type']?.startsWith('multipart/form-data') ?? false;
