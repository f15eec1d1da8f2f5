import type { Answer } from './exchange.ts';

/** A request that S3 refused, or did not answer. */
export class S3Error extends Error {
  override name = 'S3Error';
  /** In the words of S3 (`AccessDenied`), or of Node (`ECONNRESET`), or the status. */
  readonly code: string;
  /** ms after which the same may do better; undefined where it never will. */
  readonly pause: number | undefined;

  constructor(message: string, { code, pause, cause }: Reason) {
    super(message, { cause });
    this.code = code;
    this.pause = pause;
  }
}

type Reason = Pick<S3Error, 'code' | 'pause'> & { cause?: unknown };

/** What passes, and the pauses, as the AWS SDK has them: who asked too much waits longer. */
const PAUSE = 100;
const LONG_PAUSE = 500;
const PAUSES: Partial<Record<string, number>> = {
  ...{ 500: PAUSE, 502: PAUSE, 504: PAUSE, RequestTimeout: PAUSE },
  ...{ 429: LONG_PAUSE, 503: LONG_PAUSE, SlowDown: LONG_PAUSE },
};

/**
 * What an answer complains of. Of its body nothing but the code: the rest may repeat the request, token and all.
 *
 * @param what was asked
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function refusal(what: string, { status, headers, body }: Answer, region: string) {
  const [, word] = /<Code>(\w{1,64})<\/Code>/.exec(String(body)) ?? [];
  const code = word ?? String(status);
  const home = headers['x-amz-bucket-region'] ?? region;
  const advice = home === region ? '' : ` The bucket is in ${home}: set AWS_REGION to that.`;
  return new S3Error(`S3 answers ${status}${word ? ` ${word}` : ''} to ${what}.${advice}`, {
    code,
    pause: PAUSES[code] ?? PAUSES[status],
  });
}

/** There is no answer, or half of one. */
export function silence(what: string, cause: unknown) {
  const { code, name, message } = Object(cause);
  const words = `S3 does not answer ${what}: ${message || code}`;
  return new S3Error(words, { code: String(code ?? name), pause: PAUSE, cause });
}
