import { hash, verify } from '@node-rs/argon2';
import { preparePassword } from './canonical.ts';
import { isDjangoPassword } from './django-passwords.ts';

/** argon2id as recommended by OWASP: 19 MiB, two passes, one lane. Runs in the library's threads, not on the event loop. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** @returns a PHC string of the prepared password, 97 characters */
export const hashPassword = (password: string) => hash(preparePassword(password), OPTIONS);

/** Hash of a random password, verified when there is no account, so that both cases take the same time. */
const dummyHash = hash(crypto.randomUUID(), OPTIONS);

/** Whether a hash was made by `hashPassword`, not by Django. */
export const isOurHash = (passwordHash: string | null | undefined): passwordHash is string =>
  passwordHash?.startsWith('$argon2') ?? false;

/**
 * Whether the password matches the hash. Takes equally long without a hash.
 *
 * Django hashes passwords without normalization: where that makes a difference both forms are tried, with or without an account.
 *
 * @param mostIterations highest iteration count of the imported Django hashes (django-passwords.ts)
 */
export async function isPassword(
  typed: string,
  passwordHash: string | null | undefined,
  mostIterations: number,
): Promise<boolean> {
  let isRight = false;
  for (const password of new Set([preparePassword(typed), typed])) {
    if (await isExactly(password, passwordHash, mostIterations)) isRight = true;
  }
  return isRight;
}

async function isExactly(
  password: string,
  passwordHash: string | null | undefined,
  mostIterations: number,
) {
  const isOurs = isOurHash(passwordHash);
  const matches = await verify(isOurs ? passwordHash : await dummyHash, password);
  // Both algorithms run for every account, so that the time reveals nothing.
  const matchesDjango = await isDjangoPassword(password, passwordHash, mostIterations);
  return isOurs ? matches : matchesDjango;
}
