import { createHash } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Pool } from 'pg';
import { UUID } from '../../contract/keys.ts';
import { readTokenSubject } from '../users/repository.ts';
import { type Authenticator, invalidToken } from './authenticator.ts';

/** Half a day: users sign in about once a day, and a stolen token expires soon. */
const LIFETIME_SECONDS = 12 * 60 * 60;
const ISSUER = 'portrait';
/** Verified tokens in the cache, a few hundred bytes each. */
const CACHE_SIZE = 1_000;

/**
 * Issues and verifies our own tokens (HS256), for users who sign in with a password.
 *
 * The claim `tokenVersion` is `tokensValidFrom` as read together with the password. Comparing issue times instead would let
 * a sign-in that overlaps a password change outlive it, or reject new tokens because of clock skew.
 *
 * @param secret signs and verifies
 * @param other  only verifies: JWT_SECRET can be rotated without signing users out
 */
export function createLocalAuthenticator(
  pool: Pool,
  secret: string,
  other?: string,
): Authenticator {
  const current = keyOf(secret);
  const claimsOf = createLocalVerifier(other === undefined ? [current] : [current, keyOf(other)]);

  return {
    async authenticate(token) {
      const { sub = '', tokenVersion } = await claimsOf(token);
      if (!UUID.test(sub)) throw invalidToken();
      const user = await readTokenSubject(pool, sub);
      if (!user || tokenVersion !== user.tokensValidFrom.getTime()) throw invalidToken();
      return user;
    },

    async issueToken({ id, tokensValidFrom }) {
      const expiresAt = new Date(Date.now() + LIFETIME_SECONDS * 1000);
      const token = await new SignJWT({ tokenVersion: tokensValidFrom.getTime() })
        .setProtectedHeader({ alg: 'HS256', kid: current.kid })
        .setIssuer(ISSUER)
        .setSubject(id)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(current.bytes);
      return { token, expiresAt };
    },
  };
}

interface Key {
  /** Key id in the token header; reveals nothing about the secret. */
  kid: string;
  bytes: Uint8Array;
}

const keyOf = (secret: string): Key => ({
  kid: createHash('sha256').update(secret).digest('base64url').slice(0, 8),
  bytes: new TextEncoder().encode(secret),
});

/** Verifies signatures once, as that is the most expensive step of authentication, and the expiry every time. */
function createLocalVerifier(keys: [current: Key, ...others: Key[]]) {
  const verified = new Map<string, JWTPayload>();
  const findKey = ({ kid }: JWTHeaderParameters) => {
    // Tokens of earlier releases have no `kid`.
    const key = kid === undefined ? keys[0] : keys.find((key) => key.kid === kid);
    if (key) return key.bytes;
    throw new Error('The token was signed with an unknown secret.');
  };

  return async (token: string): Promise<JWTPayload> => {
    const known = verified.get(token);
    if (known && (known.exp ?? 0) * 1000 > Date.now()) return known;
    const { payload } = await jwtVerify(token, findKey, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      requiredClaims: ['sub', 'exp'],
    }).catch((error: unknown) => {
      throw invalidToken(error);
    });
    const [oldest] = verified.keys();
    if (oldest && verified.size >= CACHE_SIZE) verified.delete(oldest);
    verified.set(token, payload);
    return payload;
  };
}
