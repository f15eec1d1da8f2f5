import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PublicError, statusOf } from '../errors.ts';
import { OUR_FAULT } from './errors.ts';

/**
 * Characters of JSON for a photo of so many bytes: base64 is a third longer, and written in lines of 76 each of them
 * ends in `\\r\\n`, four more. The rest is the query.
 */
export const jsonLimit = (maxUploadBytes: number) =>
  Math.ceil((((maxUploadBytes * 4) / 3) * 80) / 76) + 100_000;

/** ms from the beginning of a request to the end of its body: 25 MiB at 0.7 Mbit/s. */
export const REQUEST_TIMEOUT = 300_000;

/** How long, ms, and how far, bytes, the rest of a body is read after its answer. */
const LINGER = { time: 30_000, bytes: 100 * 1024 * 1024 };

/** A client that is still sending hears the answer only when its bytes are taken; a body nobody reads would keep both waiting. */
export function drainBodies(server: FastifyInstance) {
  server.addHook('onResponse', ({ raw }, _reply, done) => {
    if (!raw.complete) drain(raw);
    done();
  });
}

function drain(request: IncomingMessage) {
  let bytes = 0;
  const end = () => request.destroy();
  const timer = setTimeout(end, LINGER.time);
  request.once('close', () => clearTimeout(timer));
  request.unpipe();
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER.bytes) end();
  });
  request.resume();
}

/** Answers a request that never became a GraphQL operation the way GraphQL answers errors. */
export function refuseBody(maxUploadBytes: number) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const told = toPublic(error, maxUploadBytes);
    if (statusOf(told.code) >= 500) request.log.error({ err: error }, error.message);
    // The connection is drained: closing it now would reset it before the answer is read.
    reply.removeHeader('connection');
    sendError(reply, told);
  };
}

/** Answers as GraphQL answers errors, where no operation does. */
export function sendError(reply: FastifyReply, { code, message, extensions }: PublicError) {
  if (extensions.retryAfter) reply.header('retry-after', String(extensions.retryAfter));
  return reply.code(statusOf(code)).send({ errors: [{ message, extensions }] });
}

function toPublic(error: FastifyError, maxUploadBytes: number): PublicError {
  if (error instanceof PublicError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const message = `The request is longer than a photo of ${maxUploadBytes} bytes in base64. Send a smaller one.`;
    return new PublicError('PHOTO_TOO_LARGE', message, { limit: maxUploadBytes });
  }
  const isTheirs = error.statusCode !== undefined && error.statusCode < 500;
  return isTheirs ? new PublicError('BAD_USER_INPUT', error.message) : OUR_FAULT;
}
