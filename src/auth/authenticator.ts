import { PublicError } from '../errors.ts';
import type { User } from '../users/user.ts';
import type { Viewer } from './viewer.ts';

/** Verifies bearer tokens: our own (jwt.ts), or those of an outside identity provider (oidc/). */
export interface Authenticator {
  /**
   * @returns the user of a token, as they are now
   * @throws PublicError UNAUTHENTICATED when the token is invalid, expired or revoked
   */
  authenticate(token: string): Promise<Viewer>;
  /** Issues a token to a user whose password has just been verified. Absent with an outside provider. */
  issueToken?(user: Pick<User, 'id' | 'tokensValidFrom'>): Promise<IssuedToken>;
}

interface IssuedToken {
  token: string;
  expiresAt: Date;
}

/** The same error for every unusable token; the reason goes to the log only. */
export const invalidToken = (cause?: unknown) =>
  new PublicError('UNAUTHENTICATED', 'The token is invalid, expired or revoked. Sign in again.', {
    cause,
  });
