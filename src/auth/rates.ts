import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { AppConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Jobs } from '../database/jobs.ts';
import { PublicError } from '../errors.ts';
import type { User } from '../users/user.ts';
import { openRateKeys, type RateKeys } from './rate-keys.ts';

/** s */
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** s that are waited after the first wrong password too many; twice as long after each further one, up to an hour. */
const FIRST_WAIT = 30;

/** Accounts that may be tried from one address until it is the address that waits: an office has many, a guesser more. */
const ACCOUNTS_PER_ADDRESS = 20;

/** Users of one address who change their account as often as each of them may: an office has some, a script many. */
const CHANGERS_PER_ADDRESS = 10;

/** How the keys begin that name an account. */
const NAMES = { changes: 'account', uploads: 'upload', guesses: 'guess', waits: 'wait' } as const;

export type Rates = ReturnType<typeof openRates>;

/**
 * Counts what may be done only so often, in the database: for all processes together, and over restarts.
 *
 * Wrong passwords are counted for an account and an address together, so that nobody can lock out somebody else by
 * guessing; and for the address, whatever the account.
 *
 * A key is `limiter:account.network` or one of the two: what was counted of an account is found by the beginning.
 */
export function openRates(pool: Pool, config: AppConfig) {
  const keys = openRateKeys(config);
  const limiters = openLimiters(pool, config);

  return {
    /** Counts a new account from an address. */
    signUp: (address: string) => take(limiters.signUps, keys.network(address)),

    /**
     * Counts an attempt to get an e-mail address or a username, or to change a password: also one that fails, since a
     * CONFLICT reveals who is a member.
     *
     * @param address undefined: counted for the user alone
     */
    async account(userId: string, address?: string) {
      await take(limiters.changes, keys.user(userId));
      if (address !== undefined) await take(limiters.changers, keys.network(address));
    },

    /** Counts a photo sent, asked to be sent or cut anew by a user. */
    upload: (userId: string) => take(limiters.uploads, keys.user(userId)),

    /**
     * Counts a password before it is looked at: however many are tried at once, each is counted.
     *
     * @param emailKey canonical form (canonical.ts); undefined for a text that is not an address
     * @returns to be called when it was right
     */
    password: (emailKey: string | undefined, address: string) =>
      countGuess(limiters, keys.email(emailKey), keys.network(address)),

    /** Removes what was counted of a user, in the transaction that removes them. */
    forget: (tx: SqlEntityManager, user: Counted) => forget(tx, keys, user),
  };
}

type Limiters = ReturnType<typeof openLimiters>;

function openLimiters(pool: Pool, { rates }: AppConfig) {
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
  return {
    /** Wrong passwords before each further one waits. */
    mostGuesses: rates.signIn,
    signUps: limiter('sign-up', rates.signUp, HOUR),
    changes: limiter(NAMES.changes, rates.account, HOUR),
    changers: limiter('account-network', CHANGERS_PER_ADDRESS * rates.account, HOUR),
    uploads: limiter(NAMES.uploads, rates.upload, HOUR),
    guesses: limiter(NAMES.guesses, Number.MAX_SAFE_INTEGER, DAY),
    waits: limiter(NAMES.waits, 1, FIRST_WAIT),
    guessers: limiter('guess-network', ACCOUNTS_PER_ADDRESS * rates.signIn, HOUR),
  };
}

async function countGuess(
  { mostGuesses, guesses, waits, guessers }: Limiters,
  account: string,
  network: string,
) {
  const pair = `${account}.${network}`;
  await take(guessers, network);
  const { consumedPoints: tried = 1 } = await guesses.penalty(pair);
  if (tried > mostGuesses) {
    const wait = Math.min(HOUR, FIRST_WAIT * 2 ** (tried - mostGuesses - 1));
    await take(waits, pair, wait).catch(async (refusal: unknown) => {
      // Not looked at, so not a guess.
      await guesses.reward(pair);
      throw refusal;
    });
  }
  return async () => {
    await Promise.all([guesses.delete(pair), waits.delete(pair), guessers.reward(network)]);
  };
}

type Counted = Pick<User, 'id' | 'emailKey'>;

/** Guesses of their password go wherever they came from. */
async function forget(tx: SqlEntityManager, keys: RateKeys, { id, emailKey }: Counted) {
  const user = keys.user(id);
  await tx.execute('delete from rates.counts where key in (?, ?)', [
    `${NAMES.changes}:${user}`,
    `${NAMES.uploads}:${user}`,
  ]);
  if (emailKey === null) return;
  const account = keys.email(emailKey);
  for (const name of [NAMES.guesses, NAMES.waits]) {
    // The column's collation is "C": `/` comes right after `.`, and the primary key finds all between.
    await tx.execute('delete from rates.counts where key > ? and key < ?', [
      `${name}:${account}.`,
      `${name}:${account}/`,
    ]);
  }
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
