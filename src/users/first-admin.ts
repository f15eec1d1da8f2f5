import { randomBytes } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { hashPassword } from '../auth/passwords.ts';
import type { Config } from '../config.ts';
import { createAccount } from './account.ts';
import { User } from './user.ts';

export interface FirstAdmin {
  email: string;
  /** Only if it was generated: shown once, never stored. */
  password: string | undefined;
}

/** Serializes processes that start on the same empty database: only one creates the admin. */
const FIRST_ADMIN_LOCK = 7_046_029_255;

/** Creates the first admin on an empty database, with the configured or generated credentials. */
export async function createFirstAdmin(
  em: SqlEntityManager,
  wished: Config['firstAdmin'],
): Promise<FirstAdmin | undefined> {
  if ((await em.count(User)) > 0) return undefined;
  const email = wished.email ?? 'admin@portrait.local';
  const password = wished.password ?? randomBytes(12).toString('base64url');
  const passwordHash = await hashPassword(password);

  const isMade = await em.transactional(async (tx) => {
    await tx.execute('select pg_advisory_xact_lock(?)', [FIRST_ADMIN_LOCK]);
    if ((await tx.count(User)) > 0) return false;
    createAccount(tx, {
      username: 'admin',
      email,
      passwordHash,
      role: 'ADMIN',
      firstName: 'Admin',
    });
    return true;
  });
  return isMade ? { email, password: wished.password ? undefined : password } : undefined;
}
