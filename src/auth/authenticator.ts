import type { Services } from '../app.ts';
import type { AppConfig } from '../config.ts';
import { PublicError } from '../errors.ts';
import type { Viewer } from '../graphql/context.ts';
import type { User } from '../users/user.ts';
import { ownIdentity } from './jwt.ts';
import { providerIdentity } from './oidc/authenticator.ts';

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

/** Passwords and tokens of our own, or those of an outside OpenID provider when one is set. */
export function createIdentity({
  identityProvider,
  jwtSecret,
  jwtSecretOther,
}: AppConfig): Identity {
  if (identityProvider) return providerIdentity(identityProvider);
  if (jwtSecret) return ownIdentity(jwtSecret, jwtSecretOther);
  throw new Error('Set JWT_SECRET, or AUTH_ISSUER and AUTH_AUDIENCE.');
}

/** One answer for every token that is worth nothing; the reason is for the log. */
export const badToken = (cause?: unknown) =>
  new PublicError('UNAUTHENTICATED', 'This token is not valid (any more). Sign in again.', {
    cause,
  });
