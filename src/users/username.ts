import { randomInt } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { read } from '../database/tables.ts';

/**
 * What a username may be. ASCII alone: PostgreSQL and JavaScript then agree on what differs only in case,
 * whatever the locale, and nobody can pass for another with a letter that looks the same.
 */
export const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._-]{1,28}[A-Za-z0-9]$/;

/** A free username that resembles the wish: `anna@example.org` becomes `anna`, or `anna4711` when that is taken. */
export async function freeUsername(em: SqlEntityManager, wish: string): Promise<string> {
  const name = wish
    .replace(/@.*/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '.')
    .slice(0, 20)
    .replace(/^[._-]+|[._-]+$/g, '');
  if (USERNAME.test(name) && !(await isTaken(em, name))) return name;
  return `${name || 'user'}${randomInt(1000, 1_000_000)}`;
}

/** The wish itself where it may be, else what resembles it. */
export const nearestUsername = async (em: SqlEntityManager, wish: string): Promise<string> =>
  USERNAME.test(wish) && !(await isTaken(em, wish)) ? wish : freeUsername(em, wish);

async function isTaken(em: SqlEntityManager, username: string) {
  const holder = await read(em)
    .selectFrom('User')
    .select('id')
    .where((eb) => eb(eb.fn('lower', ['username']), '=', username.toLowerCase()))
    .executeTakeFirst();
  return holder !== undefined;
}
