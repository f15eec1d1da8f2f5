import { z } from 'zod';
import { USERNAME } from '../auth/canonical.ts';
import { type Reader, readRows, type Statement } from '../database/statement.ts';
import { PublicError } from '../errors.ts';
import type { UserFilter, UsersArgs } from './inputs.ts';
import { readUserRows, USERS, type UserRow } from './repository.ts';
import { canMatch, searchCondition, searchPage } from './search.ts';

export const DEFAULT_PAGE_SIZE = 20;

/**
 * Returns one page of users by keyset pagination: it starts after a row, not at an offset, so that no user is repeated
 * or skipped while others sign up. Ties are broken by id.
 *
 * @throws PublicError BAD_USER_INPUT for contradictory arguments or an invalid cursor
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
  // Read once, when the first of them is selected.
  let page: ReturnType<typeof read> | undefined;
  const pageRead = () => (page ??= read());
  return {
    filter: args.filter,
    edges: async () => (await pageRead()).edges,
    pageInfo: async () => (await pageRead()).pageInfo,
  };
}

/** Selects one row more than the page has, to find out whether there is another page. */
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

/** Counting stops here: 1,000,000 users take PostgreSQL 0.1 s, and those of a search several seconds. */
const MAX_COUNT = { all: 10_000, search: 1_000 };

/** Counts the users that match the filter, up to MAX_COUNT. A separate statement, run only if selected. */
export async function countUsers(pool: Reader, filter?: UserFilter | null): Promise<number> {
  if (matchesNobody(filter)) return 0;
  const values: unknown[] = [];
  const conditions = [...roleOf(filter), ...photoOf(filter)];
  const term = termOf(filter);
  if (term !== undefined) conditions.push(searchCondition(term, values));
  const most = term === undefined ? MAX_COUNT.all : MAX_COUNT.search;
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

/** The search term; undefined without one. */
const termOf = (filter: Filter) => filter?.search?.trim() || undefined;

function matchesNobody(filter: Filter) {
  const term = termOf(filter);
  return term !== undefined && !canMatch(term);
}

/** Written as in the predicate of the index `users_admins`. */
const roleOf = (filter: Filter): string[] => (filter?.role ? [ROLES[filter.role]] : []);

function photoOf(filter: Filter): string[] {
  if (filter?.hasPhoto == null) return [];
  const photographed =
    'exists (select from profiles shown where shown.user_id = users.id and shown.photo_id is not null)';
  return [filter.hasPhoto ? photographed : `not ${photographed}`];
}

/** The same as a subquery per user: a search compares few users, for which hashing all photos would be slower. */
function photoOfEach(filter: Filter): string {
  if (filter?.hasPhoto == null) return 'true';
  const photo = '(select shown.photo_id from profiles shown where shown.user_id = users.id)';
  return `${photo} ${filter.hasPhoto ? 'is not null' : 'is null'}`;
}

/** Literals instead of parameters: the planner uses the partial index of admins only if the text contains the role. */
const ROLES = { ADMIN: `role = 'ADMIN'`, USER: `role = 'USER'` };

/** Sort columns of each order (total, because of the id), and the cursor of a row. */
const SORTS = {
  CREATED_AT: {
    columns: ['users.created_at', 'users.id'],
    position: ({ createdAt, id }: UserRow) => [createdAt.toISOString(), id],
    // PostgreSQL has no year 0.
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
  return { size: last ?? first ?? DEFAULT_PAGE_SIZE, isBackward: last != null };
}

/** Encodes the position of a row in the order of the list. Opaque to clients. */
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
