import { domainToASCII } from 'node:url';
import { v5 as uuid } from 'uuid';
import { ApiError, type Client, type Profile } from './client.ts';
import type { DjangoUser } from './source.ts';

/** Maximum lengths in Portrait, characters; a username or name in Django may have 150. */
const MAX_NAME_LENGTH = 100;
const MAX_BIO_LENGTH = 1_000;

/** A user in Portrait; or why the user was skipped. */
export type ImportResult = { isNew: boolean; profile: Profile | null; notes: string[] } | string;

export interface ImportOptions {
  /** Distinguishes the users of one source from those of another. */
  source: string;
  /** Whether superusers become admins. */
  superusersAreAdmins: boolean;
  isDryRun: boolean;
}

/** Imports a user, or finds the one of an earlier run. @throws ApiError for errors that concern the whole import */
export async function importUser(
  user: DjangoUser,
  client: Client,
  options: ImportOptions,
): Promise<ImportResult> {
  if (!user.isActive) return 'inactive';
  if (!user.email.trim()) return 'no e-mail address';
  // Ids are derived from those in Django, so that no other record of imported users is needed.
  const id = uuid(`${options.source}/${user.id}`, uuid.URL);
  const existing = await client.find(id);
  if (existing) {
    // Changed since, or a user of another source with the same name, who must not get this user's photo.
    if (!isSameAddress(existing.email, user.email)) return 'exists with another e-mail address';
    return { isNew: false, profile: existing.profile, notes: [] };
  }
  if (options.isDryRun) return { isNew: true, profile: DRY_RUN_PROFILE, notes: [] };
  try {
    const created = await client.importUser(inputOf(user, id, options));
    return { isNew: true, profile: created.profile, notes: notesOf(user, created.username) };
  } catch (error) {
    return skipReason(error);
  }
}

/** Profile of a user that a dry run does not create. */
const DRY_RUN_PROFILE: Profile = { id: '', photo: null, latestUpload: null };

const isSameAddress = (one: string, other: string) => canonical(one) === canonical(other);

/** Spells addresses like Portrait, which alone decides whether they are valid. Browsers may have converted the domain to punycode. */
function canonical(email: string) {
  const [, local = '', domain = ''] = /^(.*)@(.*)$/s.exec(email.trim()) ?? [];
  return `${local.toLowerCase()}@${domainToASCII(domain).replace(/\.$/, '')}`;
}

const truncate = (text: string, length = MAX_NAME_LENGTH) => [...text].slice(0, length).join('');

const hasUsablePassword = ({ password }: DjangoUser) => password.startsWith('pbkdf2_sha256$');

function inputOf(user: DjangoUser, id: string, { superusersAreAdmins }: ImportOptions) {
  const { username, email, password, firstName, lastName, displayName, bio, joined } = user;
  return {
    id,
    username,
    email,
    ...(hasUsablePassword(user) && { passwordHash: password }),
    firstName: truncate(firstName),
    lastName: truncate(lastName),
    role: superusersAreAdmins && user.isSuperuser ? 'ADMIN' : 'USER',
    profile: { displayName: truncate(displayName), bio: truncate(bio, MAX_BIO_LENGTH) },
    ...(joined && { createdAt: joined.toISOString() }),
  };
}

/** Lists what differs from Django. */
const notesOf = (user: DjangoUser, username: string) => [
  ...(username === user.username ? [] : [`username changed to "${username}"`]),
  ...(hasUsablePassword(user) ? [] : ['password cannot be imported']),
  ...[user.firstName, user.lastName, user.displayName]
    .filter((name) => name !== truncate(name))
    .map(() => `name truncated to ${MAX_NAME_LENGTH} characters`),
  ...(user.bio === truncate(user.bio, MAX_BIO_LENGTH)
    ? []
    : [`bio truncated to ${MAX_BIO_LENGTH} characters`]),
];

function skipReason(error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  const { code, details } = error;
  if (code === 'CONFLICT' && details.field === 'email') return 'e-mail address taken';
  if (code === 'CONFLICT') return `${details.field} was just taken, run the import again`;
  if (code !== 'BAD_USER_INPUT') throw error;
  const [field] = details.fields ?? [];
  return field?.path === 'email' ? 'e-mail address invalid' : error.message;
}
