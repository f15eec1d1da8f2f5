/** Searches users by parts of their names. Everything that depends on the index `users_search` is in this file. */

/** Word separators in usernames and names. */
const SEPARATORS = `._-'`;

/**
 * The searched text, as in the expression of the trigram index `users_search`: username and name, each word after a space.
 * pg_trgm starts a word after any character that is not a letter or digit; with the same separators the index finds
 * beginnings of words exactly, instead of a hundred thousand candidates to recheck.
 */
const SEARCHED = `(' ' || translate(username || ' ' || first_name || ' ' || last_name, '._-''', '    '))`;

/** Consecutive letters or digits that form a trigram; with fewer, the index only finds beginnings of words. */
const TRIGRAM = /[\p{L}\p{N}]{3}/u;

/**
 * Users compared per row of the page, in its order, before the index is used: a term that matches one in a hundred users
 * fills a page in a few ms, and a rarer one has at most 10,000 matches to sort among 1,000,000 users.
 */
const SCANNED_PER_ROW = 100;
/** Maximum number of matches to collect and sort, in 0.1 s; reading 1,000,000 users in order takes about 3 s. */
const MAX_SORTED = 20_000;

/** Whether a term can match at all: without a letter or digit, PostgreSQL would have to compare every user. */
export const canMatch = (term: string) => /[\p{L}\p{N}]/u.test(term);

/** A condition that uses the index, independent of the order. */
export function searchCondition(term: string, values: unknown[]): string {
  const pattern = `%${textOf(term).replace(/[\\%_]/g, '\\$&')}%`;
  return `${SEARCHED} ilike $${values.push(pattern)}`;
}

interface Page {
  /** Condition on the columns of the order's index. */
  within: string;
  /** Remaining conditions, besides the search. */
  filter: string;
  order: string;
  /** Rows of the page. */
  limit: string;
}

/**
 * Returns a CTE `page` with the ids of one page of matching users, for the statement that reads them.
 *
 * PostgreSQL's planner would estimate the number of matches, and either sort all of them or read users in order until the
 * page is full; a wrong estimate costs seconds at 1,000,000 users. This statement adapts while it runs: a common term
 * fills the page from the next users in order. Otherwise matches are usually few, and the index collects and sorts them.
 * Only if there are very many matches, all far away in the order, are all users up to there read.
 */
export function searchPage(term: string, values: unknown[], page: Page): string {
  const { within, filter, order, limit } = page;
  const indexed = searchCondition(term, values);
  const compared = `strpos(lower(${SEARCHED}), lower($${values.push(textOf(term))}::text)) > 0`;
  const compares = `${limit}::int * ${SCANNED_PER_ROW}`;
  const rest = `${within} and ${filter} order by ${order} limit ${limit}`;
  const near = `from users where ${within} order by ${order} limit ${compares}`;
  return `with dense as materialized (
      select id from (select * ${near}) as users
      where ${compared} and ${filter} order by ${order} limit ${limit}
    ), is_done as materialized (
      select case when (select count(*) from dense) = ${limit} then true
        else (select count(*) from (select ${near}) as near) < ${compares} end as yes
    ), found as materialized (
      select id, username, role, created_at from users where ${indexed} limit ${MAX_SORTED + 1}
    ), page as (
      (select id from dense where (select yes from is_done))
      union all
      (select id from found as users where not (select yes from is_done)
        and (select count(*) from found) <= ${MAX_SORTED} and ${rest})
      union all
      (select id from users where not (select yes from is_done)
        and (select count(*) from found) > ${MAX_SORTED} and ${compared} and ${rest})
    )`;
}

/** The pattern to look for in the searched text. */
function textOf(term: string): string {
  const words = [...term].map((character) => (SEPARATORS.includes(character) ? ' ' : character));
  return TRIGRAM.test(term) ? words.join('') : ` ${words.join('').trimStart()}`;
}
