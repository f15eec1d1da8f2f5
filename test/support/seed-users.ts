import { randomUUID } from 'node:crypto';
import type { Client } from './client.ts';
import type { Product } from './product.ts';

interface SeedUser {
  id?: string;
  username?: string;
  firstName?: string;
  lastName?: string;
  createdAt?: string;
  hasPhoto?: boolean;
}

/** Default creation time: equal for all, so that order depends on the id alone. */
const ONE_MOMENT = '2024-02-29T12:00:00.000Z';

/** Inserts users with profiles directly into the database, by default all with the same creation time. */
export async function seedUsers({ sql }: Product, people: SeedUser[]): Promise<{ id: string }[]> {
  const rows = people.map((given) => {
    // Random (v4), so that ids are not in the order of insertion.
    const id = randomUUID();
    return {
      id,
      username: `p-${id}`.slice(-20),
      firstName: '',
      lastName: '',
      createdAt: ONE_MOMENT,
      ...given,
    };
  });
  await sql(
    `with people as (
       select *, gen_random_uuid() as profile, gen_random_uuid() as photo
       from json_to_recordset($1) as _ (id uuid, username text, "firstName" text, "lastName" text, "createdAt" timestamptz, "hasPhoto" bool)
     ), users as (
       insert into users (id, username, email, first_name, last_name, tokens_valid_from, created_at, updated_at)
       select id, username, id || '@example.org', "firstName", "lastName", 'epoch', "createdAt", "createdAt" from people
     ), profiles as (
       insert into profiles (id, user_id, photo_id) select profile, id, case when "hasPhoto" then photo end from people
     )
     insert into photos (id, profile_id, status, stored, created_at)
     select photo, profile, 'READY', '[]', "createdAt" from people where "hasPhoto"`,
    [JSON.stringify(rows)],
  );
  return rows;
}

export const deleteSeededUsers = ({ sql }: Product, ids: string[]) =>
  sql('delete from users where id = any($1)', [ids]);

const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $order: UserOrder) {
  users(first: $first, after: $after, last: $last, before: $before, filter: $filter, order: $order) {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}`;

export interface UserPage {
  ids: string[];
  cursors: string[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
  totalCount: number;
}

/** Fetches one page of `users`. */
export async function fetchUserPage(
  client: Client,
  args: Record<string, unknown> = {},
): Promise<UserPage> {
  const { users } = await client.query(PAGE, args);
  const edges: { cursor: string; node: { id: string } }[] = users.edges;
  return {
    ids: edges.map(({ node }) => node.id),
    cursors: edges.map(({ cursor }) => cursor),
    ...users.pageInfo,
    totalCount: users.totalCount,
  };
}

/** Fetches a page that must fail. @returns the status, error code and paths of the invalid arguments */
export async function fetchUserPageError(client: Client, args: Record<string, unknown>) {
  const { status, errors } = await client.send(PAGE, args);
  const fields = (errors[0]?.extensions.fields ?? []) as { path: string }[];
  return { status, code: errors[0]?.extensions.code, paths: fields.map(({ path }) => path) };
}

/** Pages through all users from either end. @param between runs after each page */
export async function fetchAllUserIds(
  client: Client,
  {
    size,
    isBackward = false,
    ...args
  }: { size: number; isBackward?: boolean; [argument: string]: unknown },
  between: (page: UserPage) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  for (;;) {
    const position = isBackward ? { last: size, before: cursor } : { first: size, after: cursor };
    const page: UserPage = await fetchUserPage(client, { ...args, ...position });
    pages.push(page.ids);
    if (!(isBackward ? page.hasPreviousPage : page.hasNextPage)) break;
    cursor = isBackward ? page.startCursor : page.endCursor;
    await between(page);
  }
  return (isBackward ? pages.reverse() : pages).flat();
}
