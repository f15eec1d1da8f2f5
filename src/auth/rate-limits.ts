import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { AppConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Jobs } from '../database/jobs.ts';
import type { User } from '../users/user.ts';
import { consumeRateLimit } from './consume-rate-limit.ts';
import { createPasswordAttempts, FIRST_WAIT } from './password-attempts.ts';
import { openRateLimitKeys } from './rate-limit-keys.ts';
import type { Viewer } from './viewer.ts';

/** s */
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Accounts that may be tried from one address until it is the address that waits: an office has many, a guesser more. */
const ACCOUNTS_PER_ADDRESS = 20;

/** Users of one address who change their account as often as each of them may: an office has some, a script many. */
const CHANGERS_PER_ADDRESS = 10;

/** How the keys begin that name an account. */
const NAMES = { changes: 'account', uploads: 'upload', guesses: 'guess', waits: 'wait' } as const;

export type RateLimits = ReturnType<typeof openRateLimits>;

/**
 * Counts what may be done only so often, in the database: for all processes together, and over restarts.
 *
 * Wrong passwords are counted for an account and an address together, so that nobody can lock out somebody else by
 * guessing; and for the address, whatever the account.
 *
 * A key is `limiter:account.network` or one of the two: what was counted of an account is found by the beginning.
 */
export function openRateLimits(pool: Pool, config: AppConfig) {
  const keys = openRateKeys(config);
  const limiters = openLimiters(pool, config);
  const attempts = createPasswordAttempts(pool, limiters);

  return {
    /** Counts a new account from an address. */
    signUp: (address: string) => consumeRateLimit(limiters.signUps, keys.network(address)),

    /**
     * Counts an attempt to get an e-mail address or a username, or to change a password: also one that fails, since a
     * CONFLICT reveals who is a member.
     *
     * @param address undefined: counted for the user alone
     */
    async account(user: Viewer, address?: string) {
      await consumeRateLimit(limiters.changes, keys.user(user));
      if (address !== undefined) await consumeRateLimit(limiters.changers, keys.network(address));
    },

    /** Counts a photo sent, asked to be sent or cut anew by a user. */
    upload: (user: Viewer) => consumeRateLimit(limiters.uploads, keys.user(user)),

    /**
     * Checks a password that counts as wrong from before the check until it has turned out right: however many are sent
     * at once, each wrong one is counted.
     *
     * @param emailKey `emailKeyOf` the address; undefined for a text that is not one
     * @param check answers the user, or undefined for a wrong password
     */
    password: <T>(
      emailKey: string | undefined,
      address: string,
      check: () => Promise<T | undefined>,
    ) => attempts.check(keys.email(emailKey), keys.network(address), check),

    /**
     * Removes a user's counters, in the transaction that removes the user. Those of an identity provider's user, which are
     * named by issuer and subject, stay for their hour: else a deletion would renew the allowance.
     */
    async forget(tx: SqlEntityManager, { id, emailKey }: Pick<User, 'id' | 'emailKey'>) {
      const user = keys.user({ id });
      const names = [`${NAMES.changes}:${user}`, `${NAMES.uploads}:${user}`];
      await tx.execute('delete from rates.counts where key in (?, ?)', names);
      if (emailKey !== null) await forgetEmail(tx, keys.email(emailKey));
    },

    /** Removes the wrong passwords counted for an address, in the transaction that takes it from its account. */
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
      // Rows that no longer count are removed by a job.
      clearExpiredByTimeout: false,
    });
  return {
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

/** Wrong passwords for an account go, whatever network they came from. @param account its name among the keys */
async function forgetEmail(tx: SqlEntityManager, account: string) {
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
