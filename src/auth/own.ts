import { jwtVerify, SignJWT } from 'jose';
import { read } from '../database/tables.ts';
import { badToken, type Identity, isOutdated } from './identity.ts';

/** A working day: long enough not to be asked twice, short enough for a stolen token to die by itself. */
const LIFETIME_SECONDS = 12 * 60 * 60;
const ISSUER = 'portrait';

/** Tokens that we sign ourselves (HS256), for people who sign in with a password. */
export function ownIdentity(secret: string): Identity {
  const key = new TextEncoder().encode(secret);

  return {
    async identify(token, em) {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        requiredClaims: ['sub', 'iat', 'exp'],
      }).catch((error: unknown) => {
        throw badToken(error);
      });
      const { sub = '', iat = 0 } = payload;
      const user = await read(em)
        .selectFrom('User')
        .select(['id', 'role', 'tokensValidFrom'])
        .where('id', '=', sub)
        .executeTakeFirst();
      if (!user || isOutdated(iat, user.tokensValidFrom)) throw badToken();
      return { id: user.id, role: user.role };
    },

    async issue(userId) {
      // Milliseconds, which NumericDate allows: a token made right after a new password must be told from one before it.
      const now = Date.now() / 1000;
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(now + LIFETIME_SECONDS)
        .sign(key);
      return { token, expiresAt: new Date((now + LIFETIME_SECONDS) * 1000) };
    },
  };
}
