import { type RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { PublicError } from '../errors.ts';

/**
 * Counts one use of a rate limit.
 *
 * @param seconds instead of the limiter's duration
 * @throws PublicError TOO_MANY_REQUESTS
 */
export async function consumeRateLimit(
  limiter: RateLimiterPostgres,
  key: string,
  seconds?: number,
) {
  try {
    await limiter.consume(key, 1, seconds === undefined ? {} : { customDuration: seconds });
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const retryAfter = Math.max(1, Math.ceil((refusal.msBeforeNext ?? 0) / 1000));
    throw new PublicError(
      'TOO_MANY_REQUESTS',
      `This was done too often. Try again in ${inWords(retryAfter)}.`,
      { retryAfter },
    );
  }
}

const inWords = (seconds: number) =>
  seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
