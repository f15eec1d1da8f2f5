import { PublicError } from '../../errors.ts';
import { invalidToken } from '../authenticator.ts';

/** s by which the provider's clock and ours may differ. */
export const CLOCK_TOLERANCE_S = 30;

/**
 * Rejects a provider's token that may have been issued before tokens were last revoked: by a new password, a lowered
 * role or a deleted account.
 *
 * `iat` is the provider's time, the revocation is ours. A provider 30 s ahead, which we accept, dates a token issued just
 * before the revocation 30 s after it, so every token up to that moment is rejected. A new sign-in therefore succeeds 30 s
 * after the revocation at the latest; until then the message contains the remaining time.
 *
 * @param issuedAt s, the claim `iat`
 * @throws PublicError UNAUTHENTICATED
 */
export function refuseOutdated(issuedAt: number, revokedAt: Date): void {
  const issuedAtMs = Math.round(issuedAt * 1000);
  const safeFromMs = revokedAt.getTime() + CLOCK_TOLERANCE_S * 1000;
  if (issuedAtMs >= safeFromMs) return;
  const waitMs = safeFromMs - Date.now();
  if (issuedAtMs < revokedAt.getTime() || waitMs <= 0) throw invalidToken();
  throw new PublicError(
    'UNAUTHENTICATED',
    `Tokens were revoked a moment ago, and this one may be older. Sign in again in ${Math.ceil(waitMs / 1000)} seconds.`,
  );
}
