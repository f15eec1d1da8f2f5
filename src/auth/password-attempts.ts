import type { Pool } from 'pg';
import type { RateLimiterPostgres } from 'rate-limiter-flexible';
import { createConnectionShares } from '../database/connection-shares.ts';
import { consumeRateLimit } from './consume-rate-limit.ts';

/** Wait after the first wrong password above the limit; doubles with each further one, up to an hour. */
export const FIRST_WAIT_S = 30;
const LONGEST_WAIT_S = 3_600;

/** A sign-in waits this long for others to the same account from the same network. One takes 25 ms of CPU, Django's up to 1 s. */
const TURN_TIMEOUT_MS = 10_000;

interface Limiters {
  /** Wrong passwords for an account from a network before back-off starts. */
  maxGuesses: number;
  /** Wrong passwords for an account from a network. */
  guesses: RateLimiterPostgres;
  /** A row while an account is locked for a network. */
  waits: RateLimiterPostgres;
  /** Wrong passwords from a network, whatever the account. */
  guessers: RateLimiterPostgres;
}

/**
 * Counts wrong passwords in the database, for all processes together. An attempt is counted before the password is
 * checked, so that concurrent wrong passwords all count, and given back if it was right or was rejected unchecked.
 * Rejected attempts thus count for neither account nor network: one phone with an old password locks out nobody else.
 *
 * Attempts for one account from one network run one at a time in each process. Concurrent right passwords therefore do
 * not exhaust their shared counter, as long as there are no more processes than RATE_SIGN_IN.
 */
export function createPasswordAttempts(pool: Pool, limiters: Limiters) {
  const { guesses, waits, guessers } = limiters;
  const queues = createConnectionShares({ maxRunning: 1, waitTimeoutMs: TURN_TIMEOUT_MS });

  /**
   * Gives one attempt back, if its row still exists. Not `reward` (rate-limiter-flexible 11.4.0, not reported yet): if the row
   * was deleted or has expired meanwhile, it creates one with -1 points, which allows a free guess.
   */
  const giveBack = (limiter: RateLimiterPostgres, key: string) =>
    pool.query(
      'update rates.counts set points = points - 1 where key = $1 and points > 0 and expire > $2',
      [limiter.getKey(key), Date.now()],
    );

  async function count(pair: string, network: string) {
    const { consumedPoints = 1 } = await guesses.penalty(pair);
    const excess = consumedPoints - limiters.maxGuesses;
    if (excess > 0) {
      const seconds = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (excess - 1));
      await orUndo(consumeRateLimit(waits, pair, seconds), () => giveBack(guesses, pair));
    }
    const undoPair = () =>
      Promise.all([giveBack(guesses, pair), excess > 0 ? waits.delete(pair) : undefined]);
    // `consume` also counts rejected attempts.
    const undo = () => Promise.all([undoPair(), giveBack(guessers, network)]);
    await orUndo(consumeRateLimit(guessers, network), undo);
    return undo;
  }

  return {
    /**
     * @param account key of the account (rate-limit-keys.ts)
     * @param network key of the network
     * @param check returns the user, or undefined for a wrong password
     * @throws PublicError TOO_MANY_REQUESTS, or OVERLOADED when too many attempts are queued; `check` has not run
     */
    check<T>(account: string, network: string, check: () => Promise<T | undefined>) {
      const pair = `${account}.${network}`;
      return queues.run(pair, async () => {
        const undo = await count(pair, network);
        // An error does not mean that the password is wrong.
        const user = await orUndo(check(), undo);
        if (user !== undefined) {
          await Promise.all([
            guesses.delete(pair),
            waits.delete(pair),
            giveBack(guessers, network),
          ]);
        }
        return user;
      });
    },
  };
}

async function orUndo<T>(step: Promise<T>, undo: () => Promise<unknown>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    await undo();
    throw error;
  }
}
