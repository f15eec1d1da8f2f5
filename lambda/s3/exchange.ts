import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import https from 'node:https';

/** ms until there is a connection. */
const CONNECTION_TIME = 2_000;
/** ms in which nothing comes and nothing goes. */
const IDLE_TIME = 8_000;

/** Bytes of what is no file: errors, and successes that say nothing. */
const FEW_BYTES = 65_536;

/** What to send. */
export interface Message extends RequestOptions {
  body?: Uint8Array | undefined;
  /** Of the body of a success: one that is longer is not read. */
  maxBytes?: number | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Undefined when it is longer than `maxBytes`. */
  body: Buffer | undefined;
  /** Bytes of the body, as far as they are known. */
  length: number;
}

/**
 * Sends one request and reads the whole answer.
 *
 * @throws Error when there is none in time, or one that ends before it is whole
 */
export async function exchange({
  body,
  maxBytes = FEW_BYTES,
  ...options
}: Message): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { request } = options.protocol === 'https:' ? https : http;
  const sent = request({ ...options, timeout: CONNECTION_TIME })
    // From the connection on.
    .setTimeout(IDLE_TIME)
    .on('timeout', () => sent.destroy(late()))
    .on('response', resolve)
    .on('error', reject)
    .end(body);
  const answer = await promise;
  const { statusCode: status = 0, headers } = answer;
  return { status, headers, ...(await read(answer, status < 300 ? maxBytes : FEW_BYTES)) };
}

const late = () => Object.assign(new Error('nothing came in time'), { code: 'ETIMEDOUT' });

/** Leaving the loop closes the connection; an answer cut short is an error of the stream. */
async function read(answer: IncomingMessage, maxBytes: number) {
  const announced = Number(answer.headers['content-length'] ?? 0);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += chunk.length;
    if (Math.max(length, announced) > maxBytes) {
      return { body: undefined, length: Math.max(length, announced) };
    }
    chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks, length), length };
}
