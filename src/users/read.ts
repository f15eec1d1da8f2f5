import type { Pool } from 'pg';
import { columns, readRows, type Statement } from '../database/statement.ts';
import { PROFILE_FIELDS, type ProfileRow } from '../profiles/read.ts';
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
export type UserRow = Pick<User, (typeof FIELDS)[number]> & {
  /** Comes along, since whoever shows a user shows their profile; undefined when it was not read. */
  profile?: ProfileRow | null;
};

/** How every statement begins that reads users. */
export const USERS = `select ${columns('users', FIELDS)}, ${columns('profiles', PROFILE_FIELDS, 'profile.')}
  from users left join profiles on profiles.user_id = users.id`;
const WITH_IDS = `${USERS} where users.id = any($1)`;
const WITH_NAME = `${USERS} where lower(username) = $1`;

type Flat = UserRow & {
  [Field in keyof ProfileRow as `profile.${Field}`]: ProfileRow[Field] | null;
};

/** @param statement beginning with USERS */
export async function readUserRows(pool: Pool, statement: Statement): Promise<UserRow[]> {
  const rows = await readRows<Flat>(pool, statement);
  return rows.map((row) => Object.assign(row, { profile: profileIn(row) }));
}

function profileIn(row: Flat): ProfileRow | null {
  const { 'profile.id': id, 'profile.userId': userId } = row;
  if (id === null || userId === null) return null;
  return {
    id,
    userId,
    displayName: row['profile.displayName'] ?? '',
    bio: row['profile.bio'] ?? '',
    photoId: row['profile.photoId'],
  };
}

/** In no order; those that are not there are left out. */
export const readUsers = (pool: Pool, ids: string[]) =>
  readUserRows(pool, { text: WITH_IDS, values: [ids] });

/** The user of a name, in any case. */
export async function readUserNamed(pool: Pool, username: string): Promise<UserRow | undefined> {
  const [user] = await readUserRows(pool, {
    text: WITH_NAME,
    values: [username.toLowerCase()],
  });
  return user;
}

const HOLDER_FIELDS = ['id', 'role', 'tokensValidFrom'] as const;
const HOLDER = `select ${columns('users', HOLDER_FIELDS)} from users`;

/** Who a token may speak for: read with every request, so no more of them than each needs. */
export type Holder = Pick<User, (typeof HOLDER_FIELDS)[number]>;

/** @param by how tokens name people: ours by id, an outside provider's by subject */
export async function readHolder(
  pool: Pool,
  by: 'id' | 'subject',
  value: string,
): Promise<Holder | undefined> {
  const text = `${HOLDER} where ${by} = $1`;
  const [holder] = await readRows<Holder>(pool, { text, values: [value] });
  return holder;
}
