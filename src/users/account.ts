import { LockMode, type RequiredEntityData, type SqlEntityManager } from '@mikro-orm/postgresql';
import { ErasedSubject, hashSubject } from '../auth/oidc/deleted-identity.ts';
import { PublicError } from '../errors.ts';
import { erasePhotos } from '../photos/jobs/erase.ts';
import { Profile } from '../profiles/profile.ts';
import { emailColumns } from './email.ts';
import { User } from './user.ts';

type NewAccount = Omit<RequiredEntityData<User>, 'username' | 'email' | 'emailKey'> &
  Pick<User, 'username' | 'email'>;

/** Makes a user and, in the same transaction, their profile. */
export function createAccount(
  tx: SqlEntityManager,
  account: NewAccount,
  profile: Partial<Pick<Profile, 'displayName' | 'bio'>> = {},
): User {
  const user = tx.create(User, {
    ...account,
    ...emailColumns(account.email),
    username: account.username.trim(),
  });
  tx.create(Profile, { userId: user.id, ...profile });
  return user;
}

type Changes = Partial<
  Pick<User, 'username' | 'email' | 'firstName' | 'lastName' | 'role' | 'passwordHash'>
>;

/**
 * A new password or a lowered role ends the tokens issued before; the provider has not verified a new address.
 *
 * @returns the user, and the key of an address that is no longer theirs
 */
export async function changeAccount(tx: SqlEntityManager, id: string, changes: Changes) {
  const admins = changes.role === 'USER' ? await lockAdmins(tx) : [];
  const user = await lockUser(tx, id);
  const before = user.emailKey;
  const isLowered = user.role === 'ADMIN' && changes.role === 'USER';
  if (isLowered) assertNotLast(admins);
  const { username, email, ...rest } = changes;
  const address = email === undefined ? undefined : emailColumns(email);
  if (address && address.emailKey !== user.emailKey) user.emailVerified = false;
  tx.assign(user, { ...rest, ...address, ...(username && { username: username.trim() }) });
  if (isLowered || changes.passwordHash) endTokens(user);
  return { user, formerEmailKey: before === user.emailKey ? null : before };
}

/** Each time another moment, also for two changes within one millisecond or after the clock was set back. */
function endTokens(user: User) {
  user.tokensValidFrom = new Date(Math.max(Date.now(), user.tokensValidFrom.getTime() + 1));
}

/**
 * Removes all that is known of a user but what was counted; their objects go by a job of the same transaction.
 *
 * @returns who it was
 */
export async function eraseAccount(tx: SqlEntityManager, id: string) {
  const admins = await lockAdmins(tx);
  const user = await lockUser(tx, id);
  if (user.role === 'ADMIN') assertNotLast(admins);
  if (user.subject) {
    const hash = hashSubject(user.subject, user.issuer);
    await tx.upsert(ErasedSubject, { hash, erasedAt: new Date() });
  }
  // Before its photos, in the order of whoever makes a photo current: the other way round they would wait for each other.
  const profile = await tx.findOne(
    Profile,
    { userId: id },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (profile) await erasePhotos(tx, { profileId: profile.id });
  await tx.nativeDelete(User, { id });
  return user;
}

async function lockUser(tx: SqlEntityManager, id: string): Promise<User> {
  const user = await tx.findOne(User, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!user) throw new PublicError('NOT_FOUND', 'There is no such user (any more).');
  return user;
}

/** All admins, before any other row and in one order: two who remove each other at once wait instead of both succeeding. */
const lockAdmins = (tx: SqlEntityManager) =>
  tx.find(
    User,
    { role: 'ADMIN' },
    { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
  );

function assertNotLast(admins: User[]) {
  if (admins.length > 1) return;
  throw new PublicError('CONFLICT', 'This is the last admin. Make another user an admin first.', {
    field: 'role',
  });
}
