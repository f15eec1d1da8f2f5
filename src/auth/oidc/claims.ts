import { z } from 'zod';
import { isStorableText } from '../../database/storable-text.ts';
import { canonicalEmail } from '../canonical.ts';

/** The provider's name, limited to valid characters and length. */
const name = z
  .string()
  .transform((text) => [...text.replaceAll('\0', '').toWellFormed()].slice(0, 100).join(''))
  .catch('');

/** Claims of a provider's token; only issuer, subject and times are required. */
export const Claims = z.object({
  /** The configured issuer: checked together with the signature. */
  iss: z.string(),
  /**
   * OpenID Connect allows 255 characters. Half a pair of surrogates would be stored as U+FFFD, and two different
   * subjects be one user.
   */
  sub: z.string().min(1).max(255).refine(isStorableText),
  /** s, often an integer */
  iat: z.number(),
  /** s */
  exp: z.number(),
  email: z
    .string()
    .transform((text) => canonicalEmail(text))
    .optional()
    .catch(undefined),
  // Some providers, such as Amazon Cognito, send booleans as strings.
  email_verified: z.union([z.boolean(), z.stringbool()]).catch(false),
  preferred_username: z.string().optional().catch(undefined),
  given_name: name,
  family_name: name,
});
export type Claims = z.output<typeof Claims>;
