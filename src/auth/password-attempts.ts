import type { Pool } from 'pg';
import type { RateLimiterPostgres } from 'rate-limiter-flexible';
import { createConnectionShares } from '../database/connection-shares.ts';
import { consumeRateLimit } from './consume-rate-limit.ts';

/** s to wait after the first wrong password above the limit; doubles with each further one, up to an hour. */
export const FIRST_WAIT = 30;
const LONGEST_WAIT = 3_600;

/** ms that a sign-in waits for another one to the same account from the same network; one takes 25 ms of CPU, Django's up to 1 s. */
const TURN_TIMEOUT_MS = 10_000;

interface Limiters {
  /** Wrong passwords for an account from a network before each further one waits. */
  mostGuesses: number;
  /** Wrong passwords for an account from a network. */
  guesses: RateLimiterPostgres;
  /** A row while an account is locked for a network. */
  waits: RateLimiterPostgres;
  /** Wrong passwords from a network, whatever the account. */
  guessers: RateLimiterPostgres;
}

/**
 * Counts wrong passwords, in the database for all processes together. An attempt counts from before the check, so that
 * wrong passwords sent at once are all counted, until it turns out right or is refused unchecked: what is not checked
 * counts neither for the account nor for the network, and one phone with an old password locks out nobody else.
 *
 * Attempts for one account from one network take turns in each process. Those with the right password therefore do not
 * fill the counter that they share, as long as there are no more processes than RATE_SIGN_IN.
 */
export function createPasswordAttempts(pool: Pool, limiters: Limiters) {
  const { guesses, waits, guessers } = limiters;
  const turns = createConnectionShares({ mostRunning: 1, waitTimeoutMs: TURN_TIMEOUT_MS });

  /**
   * Takes one attempt off a counter, if it is still there. Not `reward` (rate-limiter-flexible 11.4.0, not reported yet): it
   * makes a row of -1 where another request has deleted the row or its time is over, which is a free guess.
   */
  const giveBack = (limiter: RateLimiterPostgres, key: string) =>
    pool.query(
      'update rates.counts set points = points - 1 where key = $1 and points > 0 and expire > $2',
      [limiter.getKey(key), Date.now()],
    );

  async function count(pair: string, network: string) {
    const { consumedPoints = 1 } = await guesses.penalty(pair);
    const excess = consumedPoints - limiters.mostGuesses;
    if (excess > 0) {
      const seconds = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (excess - 1));
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
     * @param account name of the account among the counters
     * @param network likewise
     * @param check returns the user, or undefined for a wrong password
     * @throws PublicError TOO_MANY_REQUESTS, OVERLOADED when too many wait for their turn; `check` has not run
     */
    check<T>(account: string, network: string, check: () => Promise<T | undefined>) {
      const pair = `${account}.${network}`;
      return turns.run(pair, async () => {
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
