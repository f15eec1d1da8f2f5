import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Reader, readRows } from '../database/statement.ts';

/**
 * `pbkdf2_sha256$<iterations>$<salt>$<base64>`: how Django keeps a password, by default with a million iterations (5.2);
 * 2,000,000 take a core for about a second.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/
 */
export const DJANGO_HASH =
  /^pbkdf2_sha256\$([1-9]\d{0,5}|1\d{6}|2000000)\$([^$]{1,128})\$([A-Za-z0-9+/]{43}=)$/;

/** Bytes of SHA-256. */
const DIGEST = 32;

/** The most iterations of Django's hashes that are left; 0 when there are none, and then they cost nobody anything. */
export async function mostIterations(pool: Reader): Promise<number> {
  const [most] = await readRows<{ iterations: number }>(pool, {
    text: `select split_part(password_hash, '$', 2)::int as iterations from users
      where password_hash like 'pbkdf2%' order by 1 desc limit 1`,
    values: [],
  });
  return most?.iterations ?? 0;
}

/**
 * Whether the password is the one behind a hash of Django's. It takes `most` iterations for every hash, of whatever kind,
 * and for none: otherwise the time of an answer would tell which addresses have an account that came from there.
 */
export async function isDjangoPassword(
  password: string,
  hash: string | null | undefined,
  most: number,
): Promise<boolean> {
  const [, iterations = '0', salt = 'nobody', digest = ''] = DJANGO_HASH.exec(hash ?? '') ?? [];
  const own = Number(iterations);
  const derived = own > 0 && (await derive(password, salt, own));
  if (most > own) await derive(password, salt, most - own);
  return derived && timingSafeEqual(derived, Buffer.from(digest, 'base64'));
}

/** On a thread of the pool that argon2, too, works on. */
const derive = (password: string, salt: string, iterations: number) =>
  promisify(pbkdf2)(password, salt, iterations, DIGEST, 'sha256');
