import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { Database } from '../../database/database.ts';
import { violatedIndex } from '../../database/unique-violation.ts';
import { PublicError } from '../../errors.ts';
import { createAccount } from '../../users/account.ts';
import { readSubject, type SubjectHolder } from '../../users/repository.ts';
import { User } from '../../users/user.ts';
import { freeUsername } from '../../users/username.ts';
import { assignIssuerOf } from './assign-issuer.ts';
import type { Claims } from './claims.ts';
import { DeletedIdentity, hashSubject } from './deleted-identity.ts';
import { refuseOutdated } from './token-age.ts';

/** Where accounts are read and written. */
export interface Stores {
  pool: Pool;
  database: Database;
}

/** Attempts when concurrent new users prefer the same username; all but the first add a random suffix. */
const MAX_ATTEMPTS = 3;

/**
 * Just-in-time provisioning for an unknown issuer and subject: creates an account, or links the one with the same verified e-mail address.
 *
 * @throws PublicError UNAUTHENTICATED when their account was deleted after the token was issued,
 *   CONFLICT when somebody else has verified the same address
 */
export async function provision(
  claims: Claims,
  stores: Stores,
  tries = MAX_ATTEMPTS,
): Promise<SubjectHolder> {
  const em = stores.database.em.fork();
  const known = (await assignIssuerOf(em, claims)) && (await readSubject(stores.pool, claims));
  if (known) return known;
  const erasedAt = await momentOfErasure(claims, em);
  if (erasedAt) refuseOutdated(claims.iat, erasedAt);
  try {
    return await em.transactional((tx) => joinOrCreate(claims, tx, erasedAt));
  } catch (error) {
    const taken = violatedIndex(error);
    if (!taken) throw error;
    // A concurrent request provisioned the same subject.
    const holder = await readSubject(stores.pool, claims);
    if (holder) return holder;
    if (tries > 1) return provision(claims, stores, tries - 1);
    throw addressTaken();
  }
}

/** When the user was deleted, if ever; older rows do not contain the issuer. */
async function momentOfErasure({ iss, sub }: Claims, em: SqlEntityManager) {
  const hash = { $in: [hashSubject(sub, iss), hashSubject(sub, null)] };
  const [latest] = await em.find(DeletedIdentity, { hash }, { orderBy: { erasedAt: 'desc' } });
  return latest?.erasedAt;
}

/** @param erasedAt when the user was deleted; older tokens stay invalid for the new account too */
async function joinOrCreate(
  claims: Claims,
  tx: SqlEntityManager,
  erasedAt: Date = new Date(0),
): Promise<User> {
  const { iss: issuer, sub: subject, email, email_verified: emailVerified } = claims;
  if (!email) throw new PublicError('UNAUTHENTICATED', 'The token must carry an email claim.');

  // An unverified address does not prove ownership: it neither links an account nor reserves the address.
  const known = emailVerified ? await lockReserving(email.key, tx) : null;
  // A concurrent first request was faster.
  if (known && known.subject === subject && known.issuer === issuer) return known;
  if (known && known.subject !== null) throw addressTaken();
  if (known) {
    // The account's creator had not verified the address: their password and tokens must stay invalid even if the API
    // returns to passwords. Any other token version revokes our tokens; adding only 1 ms keeps the provider's valid.
    const tokensValidFrom = new Date(Math.max(+known.tokensValidFrom + 1, +erasedAt));
    const joined = { issuer, subject, emailVerified, tokensValidFrom, passwordHash: null };
    return tx.assign(known, joined);
  }
  return createAccount(tx, {
    issuer,
    subject,
    emailVerified,
    email: email.text,
    username: await freeUsername(tx, claims.preferred_username ?? email.text),
    firstName: claims.given_name,
    lastName: claims.family_name,
    tokensValidFrom: erasedAt,
  });
}

/** Locks the account that reserves an address, so that only one of two users who verified it gets it. */
const lockReserving = (emailKey: string, tx: SqlEntityManager): Promise<User | null> =>
  tx.findOne(
    User,
    { emailKey, $or: [{ emailVerified: true }, { subject: null }] },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );

const addressTaken = () =>
  new PublicError(
    'CONFLICT',
    'Another account with this verified e-mail address exists. Sign in with that account, or ask an admin to change its address.',
    { field: 'email' },
  );
