/** The search for users by parts of their names: everything that depends on the index `users_search` is here. */

/** What separates words of a username or a name. */
const SEPARATORS = `._-'`;

/**
 * Searched text, as the expression of `users_search` (trigrams): username and name, each word after a space. For
 * trigrams a word begins after anything that is not a letter or digit; where the text agrees, the index finds
 * beginnings of words exactly, and not also a hundred thousand others to be compared.
 */
const SEARCHED = `(' ' || translate(username || ' ' || first_name || ' ' || last_name, '._-''', '    '))`;

/** Letters or digits in a row that make one trigram: with fewer, the index can only find beginnings of words. */
const TRIGRAM = /[\p{L}\p{N}]{3}/u;

/**
 * Users that are compared, in the order of the page and for each of its rows, before the index is used: one match in a
 * hundred users fills a page in a few ms, and below that 1,000,000 users have at most 10,000 matches to be sorted.
 */
const COMPARED_PER_ROW = 100;
/** Matches that are collected and sorted at most, in 0.1 s; to read all of 1,000,000 users in order takes some 3 s. */
const SORTED = 20_000;

/** Whether a term can match anybody: without a letter or digit, PostgreSQL would have to compare every user. */
export const canMatch = (term: string) => /[\p{L}\p{N}]/u.test(term);

/** Finds by index, whatever the order. */
export function searchCondition(term: string, values: unknown[]): string {
  const pattern = `%${textOf(term).replace(/[\\%_]/g, '\\$&')}%`;
  return `${SEARCHED} ilike $${values.push(pattern)}`;
}

interface Page {
  /** Of the users, by columns that the order has an index for. */
  within: string;
  /** Of the users, beside that and the search. */
  filter: string;
  order: string;
  /** Rows of the page. */
  limit: string;
}

/**
 * The ids of one page of matching users, as a CTE `page` for the statement that reads them.
 *
 * PostgreSQL itself would estimate the matches, and either sort all of them or read all users in order until a page is
 * full; a wrong estimate costs seconds at 1,000,000 users. This statement counts as it goes: a common term fills the
 * page from the next users in order; else there are few matches near, and usually few at all, so the index collects
 * and sorts them. Only for very many matches that are all far away in the order, the users up to there are read.
 */
export function searchPage(term: string, values: unknown[], page: Page): string {
  const { within, filter, order, limit } = page;
  const indexed = searchCondition(term, values);
  const compared = `strpos(lower(${SEARCHED}), lower($${values.push(textOf(term))}::text)) > 0`;
  const compares = `${limit}::int * ${COMPARED_PER_ROW}`;
  const rest = `${within} and ${filter} order by ${order} limit ${limit}`;
  const near = `from users where ${within} order by ${order} limit ${compares}`;
  return `with dense as materialized (
      select id from (select * ${near}) as users
      where ${compared} and ${filter} order by ${order} limit ${limit}
    ), is_done as materialized (
      select case when (select count(*) from dense) = ${limit} then true
        else (select count(*) from (select ${near}) as near) < ${compares} end as yes
    ), found as materialized (
      select id, username, role, created_at from users where ${indexed} limit ${SORTED + 1}
    ), page as (
      (select id from dense where (select yes from is_done))
      union all
      (select id from found as users where not (select yes from is_done)
        and (select count(*) from found) <= ${SORTED} and ${rest})
      union all
      (select id from users where not (select yes from is_done)
        and (select count(*) from found) > ${SORTED} and ${compared} and ${rest})
    )`;
}

/** What is looked for in the searched text. */
function textOf(term: string): string {
  const words = [...term].map((character) => (SEPARATORS.includes(character) ? ' ' : character));
  return TRIGRAM.test(term) ? words.join('') : ` ${words.join('').trimStart()}`;
}
