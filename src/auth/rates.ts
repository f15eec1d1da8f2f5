import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { AppConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Jobs } from '../database/jobs.ts';
import { PublicError } from '../errors.ts';

/** s */
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** s that are waited after the first wrong password too many; twice as long after each further one, up to an hour. */
const FIRST_WAIT = 30;

/** Accounts that may be tried from one address until it is the address that waits: an office has many, a guesser more. */
const ACCOUNTS_PER_ADDRESS = 20;

export type Rates = ReturnType<typeof openRates>;

/**
 * Counts what may be done only so often, in the database: for all processes together, and over restarts.
 *
 * Wrong passwords are counted for an account and an address together, so that nobody can lock out somebody else by
 * guessing; and for the address, whatever the account.
 */
export function openRates(pool: Pool, { rates }: Pick<AppConfig, 'rates'>) {
  const limiter = (name: string, points: number, duration: number) =>
    new RateLimiterPostgres({
      storeClient: pool,
      keyPrefix: name,
      points,
      duration,
      ...{ schemaName: 'rates', tableName: 'counts', tableCreated: true },
      // Rows that no longer count are removed by a job.
      clearExpiredByTimeout: false,
    });
  const signUps = limiter('sign-up', rates.signUp, HOUR);
  const uploads = limiter('upload', rates.upload, HOUR);
  const guesses = limiter('guess', Number.MAX_SAFE_INTEGER, DAY);
  const waits = limiter('wait', 1, FIRST_WAIT);
  const addresses = limiter('guess-address', ACCOUNTS_PER_ADDRESS * rates.signIn, HOUR);

  return {
    /** Counts a new account from an address. */
    signUp: (address: string) => take(signUps, hashed(network(address))),

    /** Counts a photo sent, asked to be sent or cut anew by a user. */
    upload: (userId: string) => take(uploads, userId),

    /**
     * Counts a password before it is looked at: however many are tried at once, each is counted.
     *
     * @returns to be called when it was right
     */
    async password(email: string, address: string) {
      const place = hashed(network(address));
      const pair = hashed(`${email.trim().toLowerCase()} ${place}`);
      await take(addresses, place);
      const { consumedPoints: tried = 1 } = await guesses.penalty(pair);
      if (tried > rates.signIn) {
        const wait = Math.min(HOUR, FIRST_WAIT * 2 ** (tried - rates.signIn - 1));
        await take(waits, pair, wait).catch(async (refusal: unknown) => {
          // Not looked at, so not a guess.
          await guesses.reward(pair);
          throw refusal;
        });
      }
      return async () => {
        await Promise.all([guesses.delete(pair), waits.delete(pair), addresses.reward(place)]);
      };
    },
  };
}

/** What is counted no more is forgotten at night. */
export const rateJobs = (database: Database): Jobs => ({
  tasks: {
    [FORGET.task]: async () => {
      await database.em.fork().execute('delete from rates.counts where expire < ?', [Date.now()]);
    },
  },
  times: [FORGET],
});

const FORGET = { task: 'forget_rates', match: '41 3 * * *', options: { maxAttempts: 1 } };

async function take(limiter: RateLimiterPostgres, key: string, seconds?: number) {
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

/** What one household or machine has: an address of IPv4, 2^64 of IPv6. */
function network(address: string): string {
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? parsed.toByteArray().slice(0, 8).join('.')
    : parsed.toString();
}

/** Nobody's address is kept for the sake of counting. */
const hashed = (text: string) => createHash('sha256').update(text).digest('base64url');
