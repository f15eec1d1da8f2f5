import { violatedIndex } from '../../database/unique-violation.ts';
import { readSubject, type SubjectHolder } from '../../users/repository.ts';
import { RESERVES } from '../../users/user.ts';
import { type Authenticator, invalidToken } from '../authenticator.ts';
import { Claims } from './claims.ts';
import { createOidcVerifier, type Provider } from './keys.ts';
import { provision, type Stores } from './provisioning.ts';
import { CLOCK_TOLERANCE_S, refuseOutdated } from './token-age.ts';

/** Verifies tokens of an OpenID provider against its published keys. A user's first request creates their account (just-in-time provisioning). */
export function createOidcAuthenticator(provider: Provider, stores: Stores): Authenticator {
  const verify = createOidcVerifier(provider);

  return {
    async authenticate(token) {
      const read = Claims.safeParse(await verify(token));
      if (!read.success) throw invalidToken(read.error);
      const claims = read.data;
      if (!isTimely(claims, provider)) throw invalidToken();
      const holder = (await readSubject(stores.pool, claims)) ?? (await provision(claims, stores));
      refuseOutdated(claims.iat, holder.tokensValidFrom);
      if (isNewlyVerified(claims, holder)) await markVerified(holder, stores);
      return { id: holder.id, role: holder.role, subject: { iss: claims.iss, sub: claims.sub } };
    },
  };
}

/** A token issued in the future, or with an excessive lifetime, is a mistake or an attack. */
const isTimely = ({ iat, exp }: Claims, { maxTokenLifetime }: Provider) =>
  iat <= Date.now() / 1000 + CLOCK_TOLERANCE_S && exp - iat <= maxTokenLifetime;

const isNewlyVerified = ({ email, email_verified }: Claims, holder: SubjectHolder) =>
  email_verified && !holder.emailVerified && email !== undefined && email.key === holder.emailKey;

/** Reserves the address for its user, unless another user has reserved it. */
async function markVerified(
  { id, emailKey }: SubjectHolder,
  { database }: Pick<Stores, 'database'>,
) {
  try {
    await database.em.fork().execute(
      `update users set email_verified = true where id = ? and email_key = ?
        and not exists (select from users where email_key = ? and ${RESERVES})`,
      [id, emailKey, emailKey],
    );
  } catch (error) {
    // Another user reserved it concurrently.
    if (!violatedIndex(error)) throw error;
  }
}
