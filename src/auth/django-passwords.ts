import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Reader, readRows } from '../database/statement.ts';

/**
 * Format of Django's password hashes: `pbkdf2_sha256$<iterations>$<salt>$<base64>`. The default is a million iterations
 * (5.2); 2,000,000 take about one CPU second.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/
 */
export const DJANGO_HASH =
  /^pbkdf2_sha256\$([1-9]\d{0,5}|1\d{6}|2000000)\$([^$]{1,128})\$([A-Za-z0-9+/]{43}=)$/;

/** Length of a SHA-256 digest. */
const DIGEST_BYTES = 32;

/** The highest iteration count among the remaining Django hashes; 0 without any, which adds no cost. */
export async function mostIterations(pool: Reader): Promise<number> {
  const [most] = await readRows<{ iterations: number }>(pool, {
    text: `select split_part(password_hash, '$', 2)::int as iterations from users
      where password_hash like 'pbkdf2%' order by 1 desc limit 1`,
    values: [],
  });
  return most?.iterations ?? 0;
}

/**
 * Whether the password matches a Django hash. Always computes `most` iterations, also for other hashes and without one:
 * otherwise response times would reveal which addresses have an imported account.
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

/** Runs on the same thread pool as argon2. */
const derive = (password: string, salt: string, iterations: number) =>
  promisify(pbkdf2)(password, salt, iterations, DIGEST_BYTES, 'sha256');
