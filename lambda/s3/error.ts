import type { S3Response } from './send-request.ts';

/** A request that S3 rejected or did not answer. */
export class S3Error extends Error {
  override name = 'S3Error';
  /** Error code of S3 (`AccessDenied`) or Node (`ECONNRESET`), or the HTTP status. */
  readonly code: string;
  /** ms before a retry; undefined when retrying does not help. */
  readonly retryDelayMs: number | undefined;

  constructor(message: string, { code, retryDelayMs, cause }: Reason) {
    super(message, { cause });
    this.code = code;
    this.retryDelayMs = retryDelayMs;
  }
}

type Reason = Pick<S3Error, 'code' | 'retryDelayMs'> & { cause?: unknown };

/** Retryable codes with the delays of the AWS SDK, ms: longer for throttled requests. */
const DELAY_MS = 100;
const THROTTLED_DELAY_MS = 500;
const RETRY_DELAYS_MS: Partial<Record<string, number>> = {
  500: DELAY_MS,
  502: DELAY_MS,
  504: DELAY_MS,
  RequestTimeout: DELAY_MS,
  429: THROTTLED_DELAY_MS,
  503: THROTTLED_DELAY_MS,
  SlowDown: THROTTLED_DELAY_MS,
};

/**
 * The error of a response. Only its code is used: the rest of the body may repeat the request, including credentials.
 *
 * @param what method and key of the request
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function responseError(what: string, { status, headers, body }: S3Response, region: string) {
  const [, word] = /<Code>(\w{1,64})<\/Code>/.exec(String(body)) ?? [];
  const code = word ?? String(status);
  const home = headers['x-amz-bucket-region'] ?? region;
  const advice = home === region ? '' : ` The bucket is in ${home}: set AWS_REGION to that.`;
  return new S3Error(`S3 responded ${status}${word ? ` ${word}` : ''} to ${what}.${advice}`, {
    code,
    retryDelayMs: RETRY_DELAYS_MS[code] ?? RETRY_DELAYS_MS[status],
  });
}

/** The error of a request without a complete response. */
export function networkError(what: string, cause: unknown) {
  const { code, name, message } = Object(cause);
  const text = `S3 did not respond to ${what}: ${message || code}`;
  return new S3Error(text, { code: String(code ?? name), retryDelayMs: DELAY_MS, cause });
}
