import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toUnavailableError } from '../../database/error-kinds.ts';
import { PublicError, statusOf } from '../../errors.ts';
import { INTERNAL_ERROR } from '../../graphql/errors.ts';

/**
 * Bytes of a request body that are read before the sender is known, on every path: the longest operation that works
 * without a token is createUser, 1 KB; the longest callback of the image function is 6 KB (photo-callback.ts).
 */
export const ANONYMOUS_BYTES = 8 * 1024;

/** From the headers to the end of such a body: 0.6 KB/s. */
const ANONYMOUS_TIMEOUT_MS = 15_000;

/**
 * Minimum average progress of a large body to keep its slot (load-shedding.ts): 64 KiB in 15 s are 35 kbit/s, a twentieth of
 * the 0.7 Mbit/s that 25 MiB in 300 s take (1.3 MB in 15 s). A phone that has sent 1 MB may be out of reach for minutes.
 * Without it, 4 users who send nothing would block all other uploads for 300 s.
 */
const MIN_PROGRESS = { intervalMs: 15_000, bytes: 64 * 1024 } as const;

/**
 * Characters of JSON for a photo of so many bytes: base64 is a third longer, and written in lines of 76 each of them
 * ends in `\\r\\n`, four more. The rest is the query.
 */
export const jsonLimit = (maxUploadBytes: number) =>
  Math.ceil((((maxUploadBytes * 4) / 3) * 80) / 76) + 100_000;

/**
 * Timeouts of Node.js. Connections are checked every 2.5 s, so each may be exceeded by that much.
 *
 * @see https://nodejs.org/api/http.html#serverheaderstimeout
 */
export const TIMEOUTS_MS = {
  /** From the beginning of a request to the end of the body of a signed-in sender: 25 MiB at 0.7 Mbit/s. */
  request: 300_000,
  /** From the beginning of a connection or request to the end of its headers. */
  headers: 15_000,
  checkInterval: 2_500,
} as const;

/**
 * Limits of discarding a body after its response. The bytes are checked at an interval, so they may be exceeded by the
 * traffic of one interval.
 */
const DRAIN = { timeoutMs: 15_000, bytes: 100 * 1024 * 1024, checkIntervalMs: 100 } as const;

/** Discards the rest of a body after its response: a client that is still sending reads the response only once its bytes are consumed. */
export function drainBodies(server: FastifyInstance) {
  server.addHook('onResponse', ({ raw }, _reply, done) => {
    if (!raw.complete) drain(raw);
    done();
  });
}

function drain(request: IncomingMessage) {
  const { socket } = request;
  const limit = socket.bytesRead + DRAIN.bytes;
  const end = () => request.destroy();
  const timer = setTimeout(end, DRAIN.timeoutMs);
  // Counted at the socket: Node.js discards by itself what is left of an answered request, without `data`.
  const check = setInterval(() => socket.bytesRead > limit && end(), DRAIN.checkIntervalMs);
  request.once('close', () => {
    clearTimeout(timer);
    clearInterval(check);
  });
  request.unpipe();
  request.resume();
}

/** Bytes of a body by its headers: 0 without a body, infinite when the headers give no length. */
export function bodyLength({ headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}

const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();

/** Closes a connection whose request body does not arrive in time, unless its sender becomes known (`allowSlowBody`). */
export function limitBodyTime(server: FastifyInstance) {
  server.addHook('onRequest', (request, reply, done) => {
    if (bodyLength(request) === 0) return done();
    const timer = setTimeout(expire, ANONYMOUS_TIMEOUT_MS, request, reply);
    timers.set(request, timer);
    request.raw.once('end', () => clearTimeout(timer));
    reply.raw.once('close', () => clearTimeout(timer));
    done();
  });
}

/**
 * Gives a signed-in sender enough time for a photo, as long as the body makes progress: it must begin within one interval
 * of `MIN_PROGRESS`, and deliver `MIN_PROGRESS.bytes` in each further one.
 */
export function allowSlowBody(request: FastifyRequest, reply: FastifyReply) {
  clearTimeout(timers.get(request));
  const { raw } = request;
  const { socket } = raw;
  const start = socket.bytesRead;
  let required = 0;
  const timer = setInterval(() => {
    const hasBegun = raw.readableDidRead || raw.readableLength > 0;
    // If bytes are waiting to be read, the delay is ours, not the sender's.
    const isOurs = raw.readableLength >= raw.readableHighWaterMark;
    if (!hasBegun || (socket.bytesRead - start < required && !isOurs)) expire(request, reply);
    required += MIN_PROGRESS.bytes;
  }, MIN_PROGRESS.intervalMs);
  const stop = () => clearInterval(timer);
  raw.once('end', stop);
  reply.raw.once('close', stop);
}

/** Writes the response directly: Fastify would wait for the body. */
function expire(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return void request.raw.destroy();
  const { raw } = reply.hijack();
  const error = new PublicError(
    'REQUEST_TIMEOUT',
    'The request body did not arrive in time. Send it again.',
  );
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(statusOf(error.code), { 'content-type': JSON_TYPE, connection: 'close' });
  raw.end(JSON.stringify(bodyOf(error)), () => request.raw.destroy());
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Limits the body of an anonymous sender without Content-Length to ANONYMOUS_BYTES. */
export function limitedBody(payload: NodeJS.ReadableStream, refusal: PublicError): Transform {
  let bytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > ANONYMOUS_BYTES) done(refusal);
      else done(null, chunk);
    },
  });
  payload.once('error', (error) => limited.destroy(error));
  limited.once('error', () => payload.unpipe(limited));
  return payload.pipe(limited);
}

/** Reports errors of requests that did not become a GraphQL operation in the format of GraphQL. */
export function refuseBody(maxUploadBytes: number) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const shown = toPublic(error, maxUploadBytes);
    if (statusOf(shown.code) >= 500) request.log.error({ err: error }, error.message);
    // The connection is drained: closing it now would reset it before the response is read.
    reply.removeHeader('connection');
    sendError(reply, shown);
  };
}

/** Sends an error in the format of GraphQL. */
export function sendError(reply: FastifyReply, error: PublicError) {
  const { retryAfter } = error.extensions;
  if (retryAfter) reply.header('retry-after', String(retryAfter));
  return reply.code(statusOf(error.code)).send(bodyOf(error));
}

const bodyOf = ({ message, extensions }: PublicError) => ({ errors: [{ message, extensions }] });

function toPublic(error: FastifyError, maxUploadBytes: number): PublicError {
  const known = error instanceof PublicError ? error : toUnavailableError(error);
  if (known) return known;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const message = `The request is longer than a photo of ${maxUploadBytes} bytes in base64. Send a smaller one.`;
    return new PublicError('PHOTO_TOO_LARGE', message, { limit: maxUploadBytes });
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new PublicError('BAD_USER_INPUT', TYPES);
  const isTheirs = error.statusCode !== undefined && error.statusCode < 500;
  return isTheirs ? new PublicError('BAD_USER_INPUT', error.message) : INTERNAL_ERROR;
}

const TYPES =
  'Unsupported Content-Type. Send an operation as application/json, and one with a file as multipart/form-data.';
