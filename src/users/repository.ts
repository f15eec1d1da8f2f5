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

/** The fields of a user that may be shown; the password hash is not read. */
export type UserRow = Pick<User, (typeof FIELDS)[number]> & {
  /** Read by the same statement, since clients show both; undefined if it was not read. */
  profile?: ProfileRow | null;
};

/** Start of every statement that reads users. */
export const USERS = `select ${columns('users', FIELDS)}, ${columns('profiles', PROFILE_FIELDS, 'profile.')}
  from users left join profiles on profiles.user_id = users.id`;
const WITH_IDS = `${USERS} where users.id = any($1)`;
const WITH_NAME = `${USERS} where lower(username) = $1`;

type Flat = UserRow & {
  [Field in keyof ProfileRow as `profile.${Field}`]: ProfileRow[Field] | null;
};

/** @param statement starts with USERS */
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

/** Reads users in no particular order; omits those that do not exist. */
export const readUsers = (pool: Reader, ids: string[]) =>
  readUserRows(pool, { text: WITH_IDS, values: [ids] });

/** Reads a user by username, case-insensitively. */
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

/** A user with the secrets needed for sign-in. Must not be returned by a resolver. */
export type Credentials = Omit<UserRow, 'profile'> & Pick<User, (typeof CREDENTIAL_FIELDS)[number]>;

/** Reads the user who signs in with an address. @param emailKey `emailKeyOf` the address */
export async function readCredentials(
  pool: Reader,
  emailKey: string,
): Promise<Credentials | undefined> {
  const [user] = await readRows<Credentials>(pool, { text: CREDENTIALS, values: [emailKey] });
  return user;
}

const TOKEN_SUBJECT_FIELDS = ['id', 'role', 'tokensValidFrom'] as const;
const TOKEN_SUBJECT = `select ${columns('users', TOKEN_SUBJECT_FIELDS)} from users`;

/** The user that a token authenticates. Read on every request, so only the fields that each request needs. */
export type TokenSubject = Pick<User, (typeof TOKEN_SUBJECT_FIELDS)[number]>;

/** Reads the user of one of our own tokens. */
export async function readTokenSubject(
  pool: Reader,
  id: string,
): Promise<TokenSubject | undefined> {
  const text = `${TOKEN_SUBJECT} where id = $1`;
  const [holder] = await readRows<TokenSubject>(pool, { text, values: [id] });
  return holder;
}

const SUBJECT_FIELDS = [...TOKEN_SUBJECT_FIELDS, 'emailKey', 'emailVerified'] as const;
const SUBJECT = `select ${columns('users', SUBJECT_FIELDS)} from users where issuer = $1 and subject = $2`;

/** The user that a provider's token authenticates, with the state of their e-mail address. */
export type SubjectHolder = Pick<User, (typeof SUBJECT_FIELDS)[number]>;

/** Reads the user of a provider's token. */
export async function readSubject(
  pool: Reader,
  { iss, sub }: { iss: string; sub: string },
): Promise<SubjectHolder | undefined> {
  const [holder] = await readRows<SubjectHolder>(pool, { text: SUBJECT, values: [iss, sub] });
  return holder;
}
