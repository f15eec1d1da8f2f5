import { LockMode, type RequiredEntityData, type SqlEntityManager } from '@mikro-orm/postgresql';
import { DeletedIdentity, hashSubject } from '../auth/oidc/deleted-identity.ts';
import { PublicError } from '../errors.ts';
import { erasePhotos } from '../photos/jobs/erase.ts';
import { Profile } from '../profiles/profile.ts';
import { emailColumns } from './email.ts';
import { User } from './user.ts';

type NewAccount = Omit<RequiredEntityData<User>, 'username' | 'email' | 'emailKey'> &
  Pick<User, 'username' | 'email'>;

/** Creates a user and, in the same transaction, their profile. */
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
 * Changes a user. A new password or a lowered role revokes earlier tokens; a new address is no longer verified.
 *
 * @returns the user, and the key of their former address if it changed
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
  if (isLowered || changes.passwordHash) revokeTokens(user);
  return { user, formerEmailKey: before === user.emailKey ? null : before };
}

/** Sets a new token version, unique even for two changes within one millisecond or after the clock was set back. */
function revokeTokens(user: User) {
  user.tokensValidFrom = new Date(Math.max(Date.now(), user.tokensValidFrom.getTime() + 1));
}

/**
 * Deletes everything about a user except rate-limit counters. A job of the same transaction deletes their objects.
 *
 * @returns the deleted user
 */
export async function eraseAccount(tx: SqlEntityManager, id: string) {
  const admins = await lockAdmins(tx);
  const user = await lockUser(tx, id);
  if (user.role === 'ADMIN') assertNotLast(admins);
  if (user.subject) {
    const hash = hashSubject(user.subject, user.issuer);
    await tx.upsert(DeletedIdentity, { hash, erasedAt: new Date() });
  }
  // Locks the profile before its photos, in the same order as markReady: the opposite order could deadlock.
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
  if (!user) throw new PublicError('NOT_FOUND', 'This user does not exist.');
  return user;
}

/** Locks all admins, before any other row and in a fixed order: of two admins who remove each other concurrently one must fail. */
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
