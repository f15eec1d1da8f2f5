import { z } from 'zod';
import { USERNAME } from '../auth/canonical.ts';
import { type Reader, readRows, type Statement } from '../database/statement.ts';
import { PublicError } from '../errors.ts';
import type { UserFilter, UsersArgs } from './inputs.ts';
import { readUserRows, USERS, type UserRow } from './repository.ts';
import { canMatch, searchCondition, searchPage } from './search.ts';

/** Rows of a page when nobody says how many. */
export const DEFAULT_PAGE = 20;

/**
 * One page of users, by keyset: it starts after a row, not after a number of rows, so nobody is
 * shown twice or missed while others sign up. Ties are broken by id.
 *
 * @throws PublicError BAD_USER_INPUT for an impossible window or a cursor that is none
 * @see https://relay.dev/graphql/connections.htm
 */
export function pageOfUsers(pool: Reader, args: UsersArgs) {
  const { size, isBackward } = readWindow(args);
  const { position } = SORTS[args.order?.by ?? 'CREATED_AT'];
  const statement = selectPage(args);

  const read = async () => {
    const rows = matchesNobody(args.filter) ? [] : await readUserRows(pool, statement);
    const hasMore = rows.length > size;
    const users = rows.slice(0, size);
    if (isBackward) users.reverse();
    const edges = users.map((node) => ({ node, cursor: () => writeCursor(position(node)) }));
    const pageInfo = {
      hasNextPage: isBackward ? args.before != null : hasMore,
      hasPreviousPage: isBackward ? hasMore : args.after != null,
      startCursor: () => edges.at(0)?.cursor(),
      endCursor: () => edges.at(-1)?.cursor(),
    };
    return { edges, pageInfo };
  };
  // Read when the first of them is asked for, and once.
  let page: ReturnType<typeof read> | undefined;
  const pageRead = () => (page ??= read());
  return {
    filter: args.filter,
    edges: async () => (await pageRead()).edges,
    pageInfo: async () => (await pageRead()).pageInfo,
  };
}

/** One row more than the page has, to know whether there is another page. */
function selectPage(args: UsersArgs): Statement {
  const { size, isBackward } = readWindow(args);
  const { by, direction } = args.order ?? { by: 'CREATED_AT', direction: 'DESC' };
  const sort = SORTS[by];
  const isAscending = direction === 'ASC';
  const values: unknown[] = [];
  const within = roleOf(args.filter);

  for (const argument of ['after', 'before'] as const) {
    const cursor = args[argument];
    if (cursor == null) continue;
    const position = readCursor(cursor, { sort, argument }).map(
      (value) => `$${values.push(value)}`,
    );
    const comparison = (argument === 'after') === isAscending ? '>' : '<';
    within.push(`(${sort.columns.join(', ')}) ${comparison} (${position.join(', ')})`);
  }
  const way = isAscending === isBackward ? 'desc' : 'asc';
  const order = sort.columns.map((column) => `${column} ${way}`).join(', ');
  const limit = `$${values.push(size + 1)}`;
  const term = termOf(args.filter);
  if (term === undefined) {
    const conditions = [...within, ...photoOf(args.filter)];
    const text = `${USERS} ${where(conditions)} order by ${order} limit ${limit}`;
    return { text, values };
  }
  const page = { within: all(within), filter: photoOfEach(args.filter), order, limit };
  const rows = `${USERS} where users.id in (select id from page) order by ${order}`;
  return { text: `${searchPage(term, values, page)} ${rows}`, values, isPlannedEachTime: true };
}

/** Users are counted up to here: 1,000,000 take PostgreSQL a tenth of a second, and those of a search several. */
const MOST_COUNTED = { all: 10_000, search: 1_000 };

/** How many users the filter leaves, MOST_COUNTED at most; a statement of its own, run only when asked for. */
export async function countUsers(pool: Reader, filter?: UserFilter | null): Promise<number> {
  if (matchesNobody(filter)) return 0;
  const values: unknown[] = [];
  const conditions = [...roleOf(filter), ...photoOf(filter)];
  const term = termOf(filter);
  if (term !== undefined) conditions.push(searchCondition(term, values));
  const most = term === undefined ? MOST_COUNTED.all : MOST_COUNTED.search;
  const [row] = await readRows<{ count: string }>(pool, {
    text: `select count(*) from (select from users ${where(conditions)} limit ${most}) as counted`,
    values,
    isPlannedEachTime: term !== undefined,
  });
  return Number(row?.count);
}

const where = (conditions: string[]) => (conditions.length > 0 ? `where ${all(conditions)}` : '');

const all = (conditions: string[]) => conditions.join(' and ') || 'true';

type Filter = UserFilter | null | undefined;

/** Undefined when everybody is looked for. */
const termOf = (filter: Filter) => filter?.search?.trim() || undefined;

function matchesNobody(filter: Filter) {
  const term = termOf(filter);
  return term !== undefined && !canMatch(term);
}

/** In the words of the index `users_admins`. */
const roleOf = (filter: Filter): string[] => (filter?.role ? [ROLES[filter.role]] : []);

function photoOf(filter: Filter): string[] {
  if (filter?.hasPhoto == null) return [];
  const photographed =
    'exists (select from profiles shown where shown.user_id = users.id and shown.photo_id is not null)';
  return [filter.hasPhoto ? photographed : `not ${photographed}`];
}

/** The same, looked up for each user: a search looks at a few, for which no table of all photos must be made. */
function photoOfEach(filter: Filter): string {
  if (filter?.hasPhoto == null) return 'true';
  const photo = '(select shown.photo_id from profiles shown where shown.user_id = users.id)';
  return `${photo} ${filter.hasPhoto ? 'is not null' : 'is null'}`;
}

/** Not a value but part of the text: an index of the few admins is of use only where a plan knows that it is they. */
const ROLES = { ADMIN: `role = 'ADMIN'`, USER: `role = 'USER'` };

/** Columns that order the rows totally, and the position of a row among them. */
const SORTS = {
  CREATED_AT: {
    columns: ['users.created_at', 'users.id'],
    position: ({ createdAt, id }: UserRow) => [createdAt.toISOString(), id],
    // PostgreSQL knows no year 0.
    cursor: z.tuple([z.iso.datetime().regex(/^[1-9]/), z.uuid()]),
  },
  USERNAME: {
    columns: ['lower(username)'],
    position: ({ username }: UserRow) => [username.toLowerCase()],
    cursor: z.tuple([z.string().regex(USERNAME)]),
  },
};
type Sort = (typeof SORTS)[keyof typeof SORTS];

function readWindow({ first, last }: UsersArgs) {
  if (first != null && last != null)
    throw badPage('first', 'goes without last; ask for one of them.');
  return { size: last ?? first ?? DEFAULT_PAGE, isBackward: last != null };
}

/** Opaque to clients: the position of a row in the order of the list. */
const writeCursor = (position: string[]) =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

function readCursor(
  cursor: string,
  { sort, argument }: { sort: Sort; argument: string },
): string[] {
  try {
    return sort.cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw badPage(argument, 'must be a cursor of this list in this order.', cause);
  }
}

const badPage = (path: string, problem: string, cause?: unknown) =>
  new PublicError('BAD_USER_INPUT', `${path} ${problem}`, {
    fields: [{ path, message: problem }],
    cause,
  });
