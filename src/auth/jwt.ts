import { createHash } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Pool } from 'pg';
import { UUID } from '../../contract/keys.ts';
import { readTokenSubject } from '../users/repository.ts';
import { type Authenticator, invalidToken } from './authenticator.ts';

/** A working day: long enough not to be asked twice, short enough for a stolen token to die by itself. */
const LIFETIME_SECONDS = 12 * 60 * 60;
const ISSUER = 'portrait';
/** Tokens whose signature is remembered as good; one is a few hundred bytes. */
const REMEMBERED = 1_000;

/**
 * Tokens that we sign ourselves (HS256), for people who sign in with a password.
 *
 * A token carries, as `tokenVersion`, the moment that last ended tokens as it was when the password was read. Comparing times of
 * issue instead would let a sign-in that overlaps a change of password outlive it, or clocks that differ refuse a new token.
 *
 * @param secret signs
 * @param other  signs nothing, but what it signed is good, too: secrets can change without anybody being signed out
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
  /** What tokens call it: nothing that helps to guess it. */
  kid: string;
  bytes: Uint8Array;
}

const keyOf = (secret: string): Key => ({
  kid: createHash('sha256').update(secret).digest('base64url').slice(0, 8),
  bytes: new TextEncoder().encode(secret),
});

/** Checks a signature once, since that costs more than all else of a request's identity; the expiry each time. */
function createLocalVerifier(keys: [current: Key, ...others: Key[]]) {
  const verified = new Map<string, JWTPayload>();
  const named = ({ kid }: JWTHeaderParameters) => {
    // Tokens did not always name their key.
    const key = kid === undefined ? keys[0] : keys.find((one) => one.kid === kid);
    if (key) return key.bytes;
    throw new Error('No secret of ours has signed this token.');
  };

  return async (token: string): Promise<JWTPayload> => {
    const known = verified.get(token);
    if (known && (known.exp ?? 0) * 1000 > Date.now()) return known;
    const { payload } = await jwtVerify(token, named, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      requiredClaims: ['sub', 'exp'],
    }).catch((error: unknown) => {
      throw invalidToken(error);
    });
    const [oldest] = verified.keys();
    if (oldest && verified.size >= REMEMBERED) verified.delete(oldest);
    verified.set(token, payload);
    return payload;
  };
}
