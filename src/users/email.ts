import { canonicalEmail } from '../auth/canonical.ts';
import { PublicError } from '../errors.ts';
import type { User } from './user.ts';

/** Returns the columns that store an e-mail address. @throws PublicError BAD_USER_INPUT if it is not one */
export function emailColumns(typed: string): Pick<User, 'email'> & { emailKey: string } {
  const email = canonicalEmail(typed);
  if (email) return { email: email.text, emailKey: email.key };
  const message = 'must be an e-mail address';
  throw new PublicError('BAD_USER_INPUT', `email: ${message}.`, {
    fields: [{ path: 'email', message }],
  });
}
