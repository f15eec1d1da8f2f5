import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { z } from 'zod';
import { read } from '../database/tables.ts';
import { PublicError } from '../errors.ts';
import type { UserFilter, UsersArgs } from './inputs.ts';
import type { User } from './user.ts';
import { USERNAME } from './username.ts';

/** Rows of a page when nobody says how many. */
export const DEFAULT_PAGE = 20;

/**
 * One page of users, by keyset: it starts after a row, not after a number of rows, so nobody is
 * shown twice or missed while others sign up. Ties are broken by id.
 *
 * @throws PublicError BAD_USER_INPUT for an impossible window or a cursor that is none
 * @see https://relay.dev/graphql/connections.htm
 */
export async function pageOfUsers(em: SqlEntityManager, args: UsersArgs) {
  const { size, isBackward } = readWindow(args);
  const order = args.order ?? { by: 'CREATED_AT', direction: 'DESC' };
  const sort = SORTS[order.by];
  const isAscending = order.direction === 'ASC';

  let query = select(em, args.filter)
    .selectAll('User')
    .limit(size + 1);
  for (const [argument, isAfter] of [
    ['after', true],
    ['before', false],
  ] as const) {
    const cursor = args[argument];
    if (cursor == null) continue;
    const comparison = isAfter === isAscending ? sql`>` : sql`<`;
    const position = sql.join(readCursor(cursor, { sort, argument }));
    query = query.where(sql<boolean>`(${sql.join(sort.columns())}) ${comparison} (${position})`);
  }
  for (const column of sort.columns()) {
    query = query.orderBy(column, isAscending === isBackward ? 'desc' : 'asc');
  }

  const rows = await query.execute();
  const hasMore = rows.length > size;
  const users = rows.slice(0, size);
  if (isBackward) users.reverse();
  const edges = users.map((node) => ({ node, cursor: writeCursor(sort.position(node)) }));
  return {
    edges,
    filter: args.filter,
    pageInfo: {
      hasNextPage: isBackward ? args.before != null : hasMore,
      hasPreviousPage: isBackward ? hasMore : args.after != null,
      startCursor: edges.at(0)?.cursor,
      endCursor: edges.at(-1)?.cursor,
    },
  };
}

/** How many users the filter leaves; a statement of its own, run only when asked for. */
export async function countUsers(
  em: SqlEntityManager,
  filter?: UserFilter | null,
): Promise<number> {
  const { count } = await select(em, filter)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

function select(em: SqlEntityManager, filter: UserFilter | null | undefined) {
  let query = read(em).selectFrom('User');
  if (filter?.role) query = query.where('User.role', '=', filter.role);
  if (filter?.search) {
    const pattern = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
    // Word for word the expression of the trigram index `users_search`.
    const names = sql`(${sql.ref('User.username')} || ' ' || ${sql.ref('User.firstName')} || ' ' || ${sql.ref('User.lastName')})`;
    query = query.where(sql<boolean>`${names} ilike ${pattern}`);
  }
  if (filter?.hasPhoto != null) {
    const { hasPhoto } = filter;
    query = query.where((eb) => {
      const withPhoto = eb.exists(
        eb
          .selectFrom('Profile')
          .select('Profile.id')
          .whereRef('Profile.userId', '=', 'User.id')
          .where('Profile.photoId', 'is not', null),
      );
      return hasPhoto ? withPhoto : eb.not(withPhoto);
    });
  }
  return query;
}

/** Columns that order the rows totally, and the position of a row among them. */
const SORTS = {
  CREATED_AT: {
    columns: () => [sql.ref('User.createdAt'), sql.ref('User.id')],
    position: ({ createdAt, id }: User) => [createdAt.toISOString(), id],
    // PostgreSQL knows no year 0.
    cursor: z.tuple([z.iso.datetime().regex(/^[1-9]/), z.uuid()]),
  },
  USERNAME: {
    columns: () => [sql`lower(${sql.ref('User.username')})`],
    position: ({ username }: User) => [username.toLowerCase()],
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
