import { z } from 'zod';

/** What a person may be called here, made of whatever the provider calls them. */
const name = z
  .string()
  .transform((text) => [...text.replaceAll('\0', '')].slice(0, 100).join(''))
  .catch('');

/** What we read in a token of an outside provider; only who it is about and since when must be there. */
export const Claims = z.object({
  sub: z.string().min(1),
  /** s, often whole ones */
  iat: z.number(),
  email: z.email().optional().catch(undefined),
  // Some providers (Amazon Cognito among them) write booleans as text.
  email_verified: z.union([z.boolean(), z.stringbool()]).catch(false),
  preferred_username: z.string().optional().catch(undefined),
  given_name: name,
  family_name: name,
});
export type Claims = z.output<typeof Claims>;
