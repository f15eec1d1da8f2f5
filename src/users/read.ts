import type { Pool } from 'pg';
import { columns, readRows } from '../database/statement.ts';
import type { User } from './user.ts';

const FIELDS = [
  'id',
  'username',
  'email',
  'firstName',
  'lastName',
  'role',
  'createdAt',
  'updatedAt',
] as const;

/** What may be shown of a user: the password's hash stays in the database. */
export type UserRow = Pick<User, (typeof FIELDS)[number]>;
export const USER_COLUMNS = columns('users', FIELDS);

export const readUsers = (pool: Pool, ids: string[]) =>
  readRows<UserRow>(pool, {
    text: `select ${USER_COLUMNS} from users where id = any($1)`,
    values: [ids],
  });

/** The user of a name, in any case. */
export async function readUserNamed(pool: Pool, username: string): Promise<UserRow | undefined> {
  const [user] = await readRows<UserRow>(pool, {
    text: `select ${USER_COLUMNS} from users where lower(username) = $1`,
    values: [username.toLowerCase()],
  });
  return user;
}

/** Who a token may speak for. */
export type Holder = UserRow & Pick<User, 'tokensValidFrom'>;

/** @param by how tokens name people: ours by id, an outside provider's by subject */
export async function readHolder(
  pool: Pool,
  by: 'id' | 'subject',
  value: string,
): Promise<Holder | undefined> {
  const [holder] = await readRows<Holder>(pool, {
    text: `select ${USER_COLUMNS}, tokens_valid_from as "tokensValidFrom" from users where ${by} = $1`,
    values: [value],
  });
  return holder;
}
