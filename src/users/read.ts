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

/** How every user is read: what is selected, and from what. */
const SHOWN = `${columns('users', FIELDS)}, ${columns('profiles', PROFILE_FIELDS, 'profile.')}`;
const FROM = 'from users left join profiles on profiles.user_id = users.id';

type Flat<Row> = Row & {
  [Field in keyof ProfileRow as `profile.${Field}`]: ProfileRow[Field] | null;
};

/** @param more what else is selected, and by which conditions and in which order */
export async function readUserRows<Row extends UserRow = UserRow>(
  pool: Pool,
  { text, ...statement }: Statement,
  more = '',
): Promise<Row[]> {
  const rows = await readRows<Flat<Row>>(pool, {
    ...statement,
    text: `select ${SHOWN}${more} ${FROM} ${text}`,
  });
  return rows.map((row) => Object.assign(row, { profile: profileIn(row) }));
}

function profileIn(row: Flat<UserRow>): ProfileRow | null {
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
  readUserRows(pool, { text: 'where users.id = any($1)', values: [ids] });

/** The user of a name, in any case. */
export async function readUserNamed(pool: Pool, username: string): Promise<UserRow | undefined> {
  const [user] = await readUserRows(pool, {
    text: 'where lower(username) = $1',
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
  const text = `where users.${by} = $1`;
  const era = ', users.tokens_valid_from as "tokensValidFrom"';
  const [holder] = await readUserRows<Holder>(pool, { text, values: [value] }, era);
  return holder;
}
