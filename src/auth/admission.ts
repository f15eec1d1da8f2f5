import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { Services } from '../app.ts';
import { takenIndex } from '../database/violation.ts';
import { PublicError } from '../errors.ts';
import { createAccount } from '../users/account.ts';
import { userWithEmail } from '../users/email.ts';
import { type Holder, readHolder } from '../users/read.ts';
import { User } from '../users/user.ts';
import { freeUsername } from '../users/username.ts';
import type { Claims } from './claims.ts';
import { ErasedSubject, hashSubject } from './erased-subject.ts';
import { badToken, isOutdated } from './identity.ts';

/** Newcomers who want one username at the same moment: all but the first choose again, at random. */
const TRIES = 3;

/**
 * Lets in somebody who was never here: makes their account, or joins the one with their verified e-mail address.
 *
 * @throws PublicError UNAUTHENTICATED when their account was deleted after the token was issued,
 *   CONFLICT when the address is somebody else's as far as we know
 */
export async function admit(
  claims: Claims,
  where: Pick<Services, 'pool' | 'database'>,
  tries = TRIES,
): Promise<Holder> {
  const em = where.database.em.fork();
  const erased = await em.findOne(ErasedSubject, { hash: hashSubject(claims.sub) });
  if (erased && isOutdated(claims.iat, erased.erasedAt)) throw badToken();
  try {
    return await em.transactional((tx) => joinOrCreate(claims, tx, erased?.erasedAt));
  } catch (error) {
    const taken = takenIndex(error);
    if (!taken) throw error;
    // Two first requests at once: the other one was faster.
    const holder = await readHolder(where.pool, 'subject', claims.sub);
    if (holder) return holder;
    if (taken === 'users_username_unique' && tries > 1) return admit(claims, where, tries - 1);
    throw new PublicError(
      'CONFLICT',
      'This e-mail address has an account already. Verify it with your provider.',
      { field: 'email' },
    );
  }
}

/** @param erasedAt when the person was deleted; tokens from before then stay worthless with the new account too */
async function joinOrCreate(
  claims: Claims,
  tx: SqlEntityManager,
  erasedAt: Date = new Date(0),
): Promise<User> {
  const { sub: subject, email } = claims;
  if (!email) throw new PublicError('UNAUTHENTICATED', 'The token must carry an email claim.');

  // An address the provider has not verified proves nothing about whose account it is.
  const known = claims.email_verified ? await lockUnclaimed(email, tx) : null;
  if (known) {
    const tokensValidFrom = new Date(Math.max(+known.tokensValidFrom, +erasedAt));
    return tx.assign(known, { subject, tokensValidFrom });
  }
  return createAccount(tx, {
    subject,
    email,
    username: await freeUsername(tx, claims.preferred_username ?? email),
    firstName: claims.given_name,
    lastName: claims.family_name,
    tokensValidFrom: erasedAt,
  });
}

/** The account of an address that nobody at the provider has yet, held: of two who verified the address one gets it. */
async function lockUnclaimed(email: string, tx: SqlEntityManager): Promise<User | null> {
  const user = await userWithEmail(tx, email);
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  return user ? tx.findOne(User, { id: user.id, subject: null }, { lockMode }) : null;
}
