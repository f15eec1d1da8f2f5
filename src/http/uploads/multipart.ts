import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import processRequest from 'graphql-upload/processRequest.mjs';
import { PublicError } from '../../errors.ts';
import './graphql-upload-patch.ts';
import './upload-map.ts';

/** Headers that trigger a preflight: Apollo rejects requests without them, so their body is not read. */
const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-apollo-operation-name'];

/** Size of `operations`: a query and its variables; the photo is a file beside it. */
const MAX_OPERATIONS_BYTES = 1_000_000;

/** Length of the parser's message, which quotes keys and paths of `map` of any length, in UTF-16 code units. */
const MAX_EXPLANATION_LENGTH = 300;

/**
 * Files in GraphQL requests, on the routes of this scope: they stream while the resolver already runs.
 *
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export function acceptMultipart(scope: FastifyInstance, maxUploadBytes: number) {
  scope.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));

  scope.addHook('preValidation', (request, reply, done) => {
    if (isMultipart(request) && mayBeRead(request)) read(request, reply).then(() => done(), done);
    else done();
  });

  async function read(request: FastifyRequest, reply: FastifyReply) {
    try {
      request.body = await processRequest(request.raw, reply.raw, {
        maxFiles: 1,
        // The parser rejects a file that reaches the limit.
        maxFileSize: maxUploadBytes + 1,
        maxFieldSize: MAX_OPERATIONS_BYTES,
      });
    } catch (cause) {
      throw unreadable(cause);
    }
  }
}

const mayBeRead = ({ headers }: FastifyRequest) =>
  PREFLIGHT_HEADERS.some((name) => name in headers);

/** Media types are case-insensitive (RFC 9110, 8.3.1). */
export const isMultipart = ({ headers }: FastifyRequest) =>
  /^\s*multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');

function unreadable(cause: unknown) {
  const explanation = String(cause instanceof Error ? cause.message : cause);
  return new PublicError(
    'BAD_USER_INPUT',
    `The body does not conform to the GraphQL multipart request specification: ${explanation.slice(0, MAX_EXPLANATION_LENGTH)}`,
    { cause },
  );
}
