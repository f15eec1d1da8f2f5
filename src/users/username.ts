import { randomInt } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { canonicalUsername, USERNAME } from '../auth/canonical.ts';
import { read } from '../database/tables.ts';

/** Returns a free username similar to the preferred one: `anna@example.org` becomes `anna`, or `anna4711` if that is taken. */
export async function freeUsername(em: SqlEntityManager, preferred: string): Promise<string> {
  const name = preferred
    .replace(/@.*/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '.')
    .slice(0, 20)
    .replace(/^[._-]+|[._-]+$/g, '');
  if (USERNAME.test(name) && !(await isTaken(em, name))) return name;
  return `${name || 'user'}${randomInt(1000, 1_000_000)}`;
}

/** The preferred username if it is valid and free, else a similar one. */
export async function nearestUsername(em: SqlEntityManager, preferred: string): Promise<string> {
  const username = canonicalUsername(preferred);
  return username && !(await isTaken(em, username)) ? username : freeUsername(em, preferred.trim());
}

async function isTaken(em: SqlEntityManager, username: string) {
  const holder = await read(em)
    .selectFrom('User')
    .select('id')
    .where((eb) => eb(eb.fn('lower', ['username']), '=', username.toLowerCase()))
    .executeTakeFirst();
  return holder !== undefined;
}
