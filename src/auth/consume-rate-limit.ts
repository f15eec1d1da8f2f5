import { type RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { PublicError } from '../errors.ts';

/**
 * Counts one use of a rate limit.
 *
 * @param seconds overrides the limiter's duration
 * @throws PublicError TOO_MANY_REQUESTS
 */
export async function consumeRateLimit(
  limiter: RateLimiterPostgres,
  key: string,
  seconds?: number,
) {
  try {
    await limiter.consume(key, 1, seconds === undefined ? {} : { customDuration: seconds });
  } catch (rejection) {
    if (!(rejection instanceof RateLimiterRes)) throw rejection;
    const retryAfter = Math.max(1, Math.ceil((rejection.msBeforeNext ?? 0) / 1000));
    throw new PublicError(
      'TOO_MANY_REQUESTS',
      `Too many attempts. Try again in ${formatWait(retryAfter)}.`,
      { retryAfter },
    );
  }
}

const formatWait = (seconds: number) =>
  seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
