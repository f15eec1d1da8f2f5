import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { FunctionError } from '../lambda-host/process.ts';
import { listen } from '../listen.ts';
import { isSigned, type Signer } from '../sigv4.ts';
import { readTarget, writeEvent } from './event.ts';

export interface GatewayOptions extends Signer {
  port: number;
  /** Runs the function with the event. */
  invoke: (event: unknown) => Promise<unknown>;
  /** Time (ms) after which the caller gets 503, whether or not the function has finished. */
  timeout?: number;
}

const MiB = 1024 * 1024;

/** Limits of a request to API Gateway, and of the event of a Lambda invocation. */
const LIMITS = { headerBytes: 10_240, bodyBytes: 10 * MiB, eventBytes: 6 * MiB };

/** API Gateway's own error responses, verbatim. */
const ERROR_RESPONSES = {
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

class Refusal extends Error {
  override name = 'Refusal';
  readonly status: keyof typeof ERROR_RESPONSES;

  constructor(status: keyof typeof ERROR_RESPONSES, options?: ErrorOptions) {
    super(ERROR_RESPONSES[status], options);
    this.status = status;
  }
}

/**
 * Starts a local API Gateway: the single route `POST /images/{photoId}`, signed requests only (AWS_IAM), with the limits
 * and error responses of an HTTP API.
 */
export async function startGateway({ port, invoke, timeout = 30_000, ...signer }: GatewayOptions) {
  async function answer(request: IncomingMessage) {
    const target = readTarget(request);
    if (!target) throw new Refusal(404);
    const expected = { ...signer, ...target, service: 'execute-api' } as const;
    if (!(await mayBeRead(request, expected))) throw new Refusal(403);
    const body = await readBody(request);
    if (!(await isSigned(request, { ...expected, body }))) throw new Refusal(403);

    const { accessKeyId: accessKey } = signer.credentials;
    const event = writeEvent(request, body, { ...target, accessKey });
    if (Buffer.byteLength(JSON.stringify(event)) > LIMITS.eventBytes) throw new Refusal(413);
    return Answer.parse(await within(timeout, invoke(event)));
  }

  const server = createServer({ maxHeaderSize: LIMITS.headerBytes }, (request, response) => {
    answer(request)
      .then((given) => sendAnswer(response, given))
      .catch((error) => sendFailure(response, error));
  });
  server.requestTimeout = timeout;
  return listen(server, { host: '127.0.0.1', port });
}

/** The function's response in payload format 2.0. */
const Answer = z.object({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/**
 * Whether to read a body into memory: only if the headers and the hash of the body are signed, as in our requests; without
 * a hash, the caller must at least use our access key.
 */
async function mayBeRead(request: IncomingMessage, expected: Parameters<typeof isSigned>[1]) {
  const { authorization = '', 'x-amz-content-sha256': hash } = request.headers;
  if (hash === undefined) return authorization.includes(expected.credentials.accessKeyId);
  return isSigned(request, { ...expected, body: undefined });
}

/** Rejects a body that is too large while it arrives, and discards the rest, so that the caller can read the response. */
function readBody(request: IncomingMessage) {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= LIMITS.bodyBytes) chunks.push(chunk);
    else reject(new Refusal(413));
  });
  request.on('end', () => resolve(Buffer.concat(chunks)));
  request.on('error', reject);
  return promise;
}

async function within(timeout: number, call: Promise<unknown>) {
  const settled = new AbortController();
  const tooLate = delay(timeout, undefined, { signal: settled.signal }).then(() => {
    throw new Refusal(503);
  });
  try {
    return await Promise.race([call, tooLate]);
  } finally {
    settled.abort();
  }
}

function sendAnswer(response: ServerResponse, answer: z.infer<typeof Answer>) {
  const { statusCode, headers, body, isBase64Encoded } = answer;
  response.writeHead(statusCode, headers);
  response.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

/** Responds 500 if the invocation failed, 503 if it was throttled, as API Gateway does. */
function sendFailure(response: ServerResponse, error: unknown) {
  const isThrottled = error instanceof FunctionError && error.failure === 'THROTTLED';
  const status = error instanceof Refusal ? error.status : isThrottled ? 503 : 500;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message: ERROR_RESPONSES[status] }));
}
