import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import https from 'node:https';

/** ms to establish a connection. */
const CONNECT_TIMEOUT_MS = 2_000;
/** ms without any traffic. */
const IDLE_TIMEOUT_MS = 8_000;

/** Bytes of a response that is not a file, such as an error. */
const MAX_MESSAGE_BYTES = 65_536;

/** A request with its body. */
export interface S3Message extends RequestOptions {
  body?: Uint8Array | undefined;
  /** Longest body of a success that is read. */
  maxBytes?: number | undefined;
}

export interface S3Response {
  status: number;
  headers: IncomingHttpHeaders;
  /** Undefined when it is longer than `maxBytes`. */
  body: Buffer | undefined;
  /** Bytes of the body, or as many as are known. */
  length: number;
}

/**
 * Sends one request and reads the complete response.
 *
 * @throws Error on a timeout, and when the response ends early
 */
export async function sendRequest({
  body,
  maxBytes = MAX_MESSAGE_BYTES,
  ...options
}: S3Message): Promise<S3Response> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { request } = options.protocol === 'https:' ? https : http;
  const sent = request({ ...options, timeout: CONNECT_TIMEOUT_MS })
    // Once connected.
    .setTimeout(IDLE_TIMEOUT_MS)
    .on('timeout', () => sent.destroy(timedOut()))
    .on('response', resolve)
    .on('error', reject)
    .end(body);
  const answer = await promise;
  const { statusCode: status = 0, headers } = answer;
  return { status, headers, ...(await read(answer, status < 300 ? maxBytes : MAX_MESSAGE_BYTES)) };
}

const timedOut = () => Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' });

/** Leaving the loop early closes the connection; a truncated response is an error of the stream. */
async function read(answer: IncomingMessage, maxBytes: number) {
  const declared = Number(answer.headers['content-length'] ?? 0);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += chunk.length;
    if (Math.max(length, declared) > maxBytes) {
      return { body: undefined, length: Math.max(length, declared) };
    }
    chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks, length), length };
}
