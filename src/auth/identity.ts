import type { Services } from '../app.ts';
import type { AppConfig } from '../config.ts';
import type { Viewer } from '../context.ts';
import { PublicError } from '../errors.ts';
import type { User } from '../users/user.ts';
import { ownIdentity } from './own.ts';
import { providerIdentity } from './provider.ts';

/** Where tokens come from: our own signIn, or an outside identity provider. */
export interface Identity {
  /**
   * Who a bearer token speaks for, as they are now.
   *
   * @throws PublicError UNAUTHENTICATED when the token is worth nothing (any more)
   */
  identify(token: string, where: Pick<Services, 'pool' | 'database'>): Promise<Viewer>;
  /** A token for somebody as they were read together with the password. Absent when an outside provider signs people in. */
  issue?(user: Pick<User, 'id' | 'tokensValidFrom'>): Promise<Token>;
}

interface Token {
  token: string;
  expiresAt: Date;
}

export function createIdentity({
  identityProvider,
  jwtSecret,
  jwtSecretOther,
}: AppConfig): Identity {
  if (identityProvider) return providerIdentity(identityProvider);
  if (jwtSecret) return ownIdentity(jwtSecret, jwtSecretOther);
  throw new Error('Set JWT_SECRET, or AUTH_ISSUER and AUTH_AUDIENCE.');
}

/**
 * Whether a provider's token is older than the last thing that ends tokens: a new password, a lowered role, an erased account.
 * Most providers say the second alone: what was issued in that very second counts as before.
 *
 * @param issuedAt s, the claim `iat`
 */
export const isOutdated = (issuedAt: number, tokensValidFrom: Date) =>
  Math.round(issuedAt * 1000) < tokensValidFrom.getTime();

export const badToken = (cause?: unknown) =>
  new PublicError('UNAUTHENTICATED', 'This token is not valid (any more). Sign in again.', {
    cause,
  });
