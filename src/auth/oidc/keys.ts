import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { invalidToken } from '../authenticator.ts';
import { CLOCK_TOLERANCE_S } from './token-age.ts';

export interface Provider {
  issuer: string;
  audience: string;
  /** s between `iat` and `exp` */
  maxTokenLifetime: number;
}

/** Asymmetric algorithms only: a shared secret must never be accepted as a key. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];
const TIMEOUT_MS = 5_000;

/** jose's errors for keys that are unreachable, late or invalid: a failure of the provider, not of the token. */
const PROVIDER_FAILURES = new Set([
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
]);

/**
 * Verifies tokens against the provider's published keys, which are fetched at the first token and again for an unknown key.
 *
 * @returns a function that returns the claims. It throws UNAUTHENTICATED for an invalid token; when the provider is
 * unreachable it throws an internal error, as the token may be valid
 */
export function createOidcVerifier(provider: Provider): (token: string) => Promise<JWTPayload> {
  const { issuer, audience } = provider;
  const options = {
    ...{ issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_S },
    requiredClaims: ['sub', 'iat', 'exp'],
  };
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  return async (token) => {
    try {
      keys ??= createRemoteJWKSet(await discoverKeys(provider), { timeoutDuration: TIMEOUT_MS });
      return (await jwtVerify(token, keys, options)).payload;
    } catch (cause) {
      if (isFaultOfToken(cause)) throw invalidToken(cause);
      throw new Error('The keys of the identity provider could not be fetched.', { cause });
    }
  };
}

const isFaultOfToken = (error: unknown) =>
  error instanceof errors.JOSEError && !PROVIDER_FAILURES.has(error.code);

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html (4.3: the issuer in the response MUST equal the requested one) */
async function discoverKeys({ issuer }: Provider): Promise<URL> {
  const base = issuer.endsWith('/') ? issuer : `${issuer}/`;
  const answer = await fetch(new URL('.well-known/openid-configuration', base), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok)
    throw new Error(
      `The identity provider responded ${answer.status} to the request for its configuration.`,
    );
  const Configuration = z.object({ issuer: z.literal(issuer), jwks_uri: z.url() });
  return new URL(Configuration.parse(await answer.json()).jwks_uri);
}
