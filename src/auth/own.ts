import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { UUID } from '../../lambda/contract.ts';
import { readHolder } from '../users/read.ts';
import { badToken, type Identity } from './identity.ts';

/** A working day: long enough not to be asked twice, short enough for a stolen token to die by itself. */
const LIFETIME_SECONDS = 12 * 60 * 60;
const ISSUER = 'portrait';
/** Tokens whose signature is remembered as good; one is a few hundred bytes. */
const REMEMBERED = 1_000;

/**
 * Tokens that we sign ourselves (HS256), for people who sign in with a password.
 *
 * A token carries, as `era`, the moment that last ended tokens as it was when the password was read. Comparing times of
 * issue instead would let a sign-in that overlaps a change of password outlive it, or clocks that differ refuse a new token.
 */
export function ownIdentity(secret: string): Identity {
  const key = new TextEncoder().encode(secret);
  const claimsOf = verifierOf(key);

  return {
    async identify(token, { pool }) {
      const { sub = '', era } = await claimsOf(token);
      if (!UUID.test(sub)) throw badToken();
      const user = await readHolder(pool, 'id', sub);
      if (!user || era !== user.tokensValidFrom.getTime()) throw badToken();
      return user;
    },

    async issue({ id, tokensValidFrom }) {
      const expiresAt = new Date(Date.now() + LIFETIME_SECONDS * 1000);
      const token = await new SignJWT({ era: tokensValidFrom.getTime() })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setSubject(id)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt };
    },
  };
}

/** Checks a signature once, since that costs more than all else of a request's identity; the expiry each time. */
function verifierOf(key: Uint8Array) {
  const verified = new Map<string, JWTPayload>();

  return async (token: string): Promise<JWTPayload> => {
    const known = verified.get(token);
    if (known && (known.exp ?? 0) * 1000 > Date.now()) return known;
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      requiredClaims: ['sub', 'exp'],
    }).catch((error: unknown) => {
      throw badToken(error);
    });
    const [oldest] = verified.keys();
    if (oldest && verified.size >= REMEMBERED) verified.delete(oldest);
    verified.set(token, payload);
    return payload;
  };
}
