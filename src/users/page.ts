import { z } from 'zod';
import { USERNAME } from '../auth/canonical.ts';
import { type Reader, readRows, type Statement } from '../database/statement.ts';
import { PublicError } from '../errors.ts';
import type { UserFilter, UsersArgs } from './inputs.ts';
import { readUserRows, USERS, type UserRow } from './read.ts';

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
    const rows = await readUserRows(pool, statement);
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
  const { conditions, values } = conditionsOf(args.filter);

  for (const argument of ['after', 'before'] as const) {
    const cursor = args[argument];
    if (cursor == null) continue;
    const position = readCursor(cursor, { sort, argument }).map(
      (value) => `$${values.push(value)}`,
    );
    const comparison = (argument === 'after') === isAscending ? '>' : '<';
    conditions.push(`(${sort.columns.join(', ')}) ${comparison} (${position.join(', ')})`);
  }
  const way = isAscending === isBackward ? 'desc' : 'asc';
  const order = sort.columns.map((column) => `${column} ${way}`).join(', ');
  return {
    text: `${USERS} ${where(conditions)} order by ${order} limit $${values.push(size + 1)}`,
    values,
    isPlannedEachTime: Boolean(args.filter?.search),
  };
}

/** How many users the filter leaves; a statement of its own, run only when asked for. */
export async function countUsers(pool: Reader, filter?: UserFilter | null): Promise<number> {
  const { conditions, values } = conditionsOf(filter);
  const [row] = await readRows<{ count: string }>(pool, {
    text: `select count(*) from users ${where(conditions)}`,
    values,
    isPlannedEachTime: Boolean(filter?.search),
  });
  return Number(row?.count);
}

const where = (conditions: string[]) =>
  conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';

/** In the words of the indexes: `users_search`, `users_admins`. */
function conditionsOf(filter: UserFilter | null | undefined) {
  const conditions: string[] = [];
  const values: unknown[] = [];
  if (filter?.role) conditions.push(ROLES[filter.role]);
  if (filter?.search) {
    const pattern = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(
      `(username || ' ' || first_name || ' ' || last_name) ilike $${values.push(pattern)}`,
    );
  }
  if (filter?.hasPhoto != null) {
    const photographed =
      'exists (select from profiles shown where shown.user_id = users.id and shown.photo_id is not null)';
    conditions.push(filter.hasPhoto ? photographed : `not ${photographed}`);
  }
  return { conditions, values };
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
