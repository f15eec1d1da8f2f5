import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { AppConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Jobs } from '../database/jobs.ts';
import type { User } from '../users/user.ts';
import { consumeRateLimit } from './consume-rate-limit.ts';
import { createPasswordAttempts, FIRST_WAIT_S } from './password-attempts.ts';
import { openRateLimitKeys } from './rate-limit-keys.ts';
import type { Viewer } from './viewer.ts';

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** Failed sign-ins per address, in multiples of the limit per account: an office has many accounts, an attacker tries more. */
const ACCOUNTS_PER_ADDRESS = 20;

/** Account changes per address, in multiples of the limit per user: an office has several users, a script many. */
const CHANGERS_PER_ADDRESS = 10;

/** Prefixes of the keys that contain an account. */
const NAMES = { changes: 'account', uploads: 'upload', guesses: 'guess', waits: 'wait' } as const;

export type RateLimits = ReturnType<typeof openRateLimits>;

/**
 * Rate limits, counted in the database: shared by all processes, and kept over restarts.
 *
 * Wrong passwords are counted per account and address together, so that an attacker cannot lock out a user, and per
 * address across all accounts.
 *
 * A key is `limiter:account.network`, or has only one of the two: the counters of an account are found by prefix.
 */
export function openRateLimits(pool: Pool, config: AppConfig) {
  const keys = openRateLimitKeys(config);
  const limiters = openLimiters(pool, config);
  const attempts = createPasswordAttempts(pool, limiters);

  return {
    /** Counts a new account from an address. */
    signUp: (address: string) => consumeRateLimit(limiters.signUps, keys.network(address)),

    /**
     * Counts an attempt to change e-mail address, username or password. Failed attempts count, since a CONFLICT reveals
     * that an account exists.
     *
     * @param address undefined: counted for the user alone
     */
    async account(user: Viewer, address?: string) {
      await consumeRateLimit(limiters.changes, keys.user(user));
      if (address !== undefined) await consumeRateLimit(limiters.changers, keys.network(address));
    },

    /** Counts an upload, a requested direct upload, or a new crop. */
    upload: (user: Viewer) => consumeRateLimit(limiters.uploads, keys.user(user)),

    /**
     * Checks a password. The attempt counts as wrong until the password has been verified, so that every wrong one of
     * many concurrent attempts is counted.
     *
     * @param emailKey `emailKeyOf` the address; undefined for a text that is not one
     * @param check returns the user, or undefined for a wrong password
     */
    password: <T>(
      emailKey: string | undefined,
      address: string,
      check: () => Promise<T | undefined>,
    ) => attempts.check(keys.email(emailKey), keys.network(address), check),

    /**
     * Deletes a user's counters, in the transaction that deletes the user. Counters of a provider's user, which are keyed
     * by issuer and subject, expire after an hour: otherwise a deletion would reset the limit.
     */
    async forget(tx: SqlEntityManager, { id, emailKey }: Pick<User, 'id' | 'emailKey'>) {
      const user = keys.user({ id });
      const names = [`${NAMES.changes}:${user}`, `${NAMES.uploads}:${user}`];
      await tx.execute('delete from rates.counts where key in (?, ?)', names);
      if (emailKey !== null) await forgetEmail(tx, keys.email(emailKey));
    },

    /** Deletes the wrong passwords counted for an e-mail address, in the transaction that removes it from its account. */
    forgetEmail: (tx: SqlEntityManager, emailKey: string) => forgetEmail(tx, keys.email(emailKey)),
  };
}

function openLimiters(pool: Pool, { rates }: AppConfig) {
  const limiter = (name: string, points: number, duration: number) =>
    new RateLimiterPostgres({
      storeClient: pool,
      keyPrefix: name,
      points,
      duration,
      ...{ schemaName: 'rates', tableName: 'counts', tableCreated: true },
      // A job deletes expired rows.
      clearExpiredByTimeout: false,
    });
  return {
    maxGuesses: rates.signIn,
    signUps: limiter('sign-up', rates.signUp, HOUR_S),
    changes: limiter(NAMES.changes, rates.account, HOUR_S),
    changers: limiter('account-network', CHANGERS_PER_ADDRESS * rates.account, HOUR_S),
    uploads: limiter(NAMES.uploads, rates.upload, HOUR_S),
    guesses: limiter(NAMES.guesses, Number.MAX_SAFE_INTEGER, DAY_S),
    waits: limiter(NAMES.waits, 1, FIRST_WAIT_S),
    guessers: limiter('guess-network', ACCOUNTS_PER_ADDRESS * rates.signIn, HOUR_S),
  };
}

/** Deletes the wrong passwords counted for an account, from all networks. @param account key of the account */
async function forgetEmail(tx: SqlEntityManager, account: string) {
  for (const name of [NAMES.guesses, NAMES.waits]) {
    // The column's collation is "C", in which `/` directly follows `.`: a range scan of the primary key.
    await tx.execute('delete from rates.counts where key > ? and key < ?', [
      `${name}:${account}.`,
      `${name}:${account}/`,
    ]);
  }
}

/** Deletes expired counters every night. */
export const rateJobs = (database: Database): Jobs => ({
  tasks: {
    [FORGET.task]: async () => {
      await database.em.fork().execute('delete from rates.counts where expire < ?', [Date.now()]);
    },
  },
  times: [FORGET],
});

const FORGET = { task: 'forget_rates', match: '41 3 * * *', options: { maxAttempts: 1 } };
