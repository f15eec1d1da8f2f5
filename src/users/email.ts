import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { read } from '../database/tables.ts';
import type { User } from './user.ts';

/** The user of an address, in any case; what is a case, PostgreSQL alone decides, as in its unique index. */
export const userWithEmail = (em: SqlEntityManager, email: string): Promise<User | undefined> =>
  read(em)
    .selectFrom('User')
    .selectAll()
    .where((eb) => eb(eb.fn('lower', ['email']), '=', eb.fn('lower', [eb.val(email)])))
    .executeTakeFirst();
