import { randomBytes } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { hashPassword } from '../auth/passwords.ts';
import type { Config } from '../config.ts';
import { createAccount } from './account.ts';
import { User } from './user.ts';

export interface FirstAdmin {
  email: string;
  /** Only when it was made up: shown once, kept nowhere. */
  password: string | undefined;
}

/** Several processes may start on the same empty database: one makes the admin, the others find it made. */
const FIRST_ADMIN_LOCK = 7_046_029_255;

/** On an empty database somebody must be able to let others in: makes that admin, from the environment or made up. */
export async function makeFirstAdmin(
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
