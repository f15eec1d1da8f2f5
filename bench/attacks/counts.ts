/** Attack with queries that make PostgreSQL work. */
import { callerOf, newTally } from '../whole/caller.ts';
import type { Attack } from './types.ts';

const AT_ONCE = 8;
const ALIASES = 29;

const COUNTS = `{${Array.from(
  { length: ALIASES },
  (_, at) => `a${at}:users(filter:{search:"at"}){totalCount}`,
).join(' ')}}`;

/** Attack 3: one account counts the matches of a two-character search, 29 times per request, 8 requests at once. */
export const countManyMatches: Attack = async ({ url, token, seconds }, count) => {
  const call = callerOf(url, newTally());
  const end = Date.now() + seconds * 1_000;
  const keepAsking = async () => {
    while (Date.now() < end) count((await call('users', { query: COUNTS, token })).code);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, keepAsking));
};
