import { canonicalUsername } from '../auth/canonical.ts';
import { columns, type Reader, readRows, type Statement } from '../database/statement.ts';
import { PROFILE_FIELDS, type ProfileRow } from '../profiles/repository.ts';
import { RESERVES, type User } from './user.ts';

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
export async function readUserRows(pool: Reader, statement: Statement): Promise<UserRow[]> {
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
export const readUsers = (pool: Reader, ids: string[]) =>
  readUserRows(pool, { text: WITH_IDS, values: [ids] });

/** The user of a name, in any case. */
export async function readUserNamed(pool: Reader, typed: string): Promise<UserRow | undefined> {
  const username = canonicalUsername(typed);
  if (username === undefined) return undefined;
  const [user] = await readUserRows(pool, {
    text: WITH_NAME,
    values: [username.toLowerCase()],
  });
  return user;
}

const CREDENTIAL_FIELDS = ['passwordHash', 'tokensValidFrom'] as const;
const CREDENTIALS = `select ${columns('users', [...FIELDS, ...CREDENTIAL_FIELDS])} from users
  where email_key = $1 and ${RESERVES}`;

/** A user with what a sign-in needs: never to be given to a resolver's caller as it is. */
export type Credentials = Omit<UserRow, 'profile'> & Pick<User, (typeof CREDENTIAL_FIELDS)[number]>;

/** The user who signs in with an address. @param emailKey `emailKeyOf` the address */
export async function readCredentials(
  pool: Reader,
  emailKey: string,
): Promise<Credentials | undefined> {
  const [user] = await readRows<Credentials>(pool, { text: CREDENTIALS, values: [emailKey] });
  return user;
}

const HOLDER_FIELDS = ['id', 'role', 'tokensValidFrom'] as const;
const HOLDER = `select ${columns('users', HOLDER_FIELDS)} from users`;

/** Who a token may speak for: read with every request, so no more of them than each needs. */
export type TokenSubject = Pick<User, (typeof HOLDER_FIELDS)[number]>;

/** Who one of our own tokens is about. */
export async function readTokenSubject(
  pool: Reader,
  id: string,
): Promise<TokenSubject | undefined> {
  const text = `${HOLDER} where id = $1`;
  const [holder] = await readRows<TokenSubject>(pool, { text, values: [id] });
  return holder;
}

const SUBJECT_FIELDS = [...HOLDER_FIELDS, 'emailKey', 'emailVerified'] as const;
const SUBJECT = `select ${columns('users', SUBJECT_FIELDS)} from users where issuer = $1 and subject = $2`;

/** Who a provider's token may speak for, with what the provider may have verified since. */
export type SubjectHolder = Pick<User, (typeof SUBJECT_FIELDS)[number]>;

/** Who a provider's token is about. */
export async function readSubject(
  pool: Reader,
  { iss, sub }: { iss: string; sub: string },
): Promise<SubjectHolder | undefined> {
  const [holder] = await readRows<SubjectHolder>(pool, { text: SUBJECT, values: [iss, sub] });
  return holder;
}
