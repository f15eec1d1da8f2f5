import { hash, verify } from '@node-rs/argon2';
import { preparePassword } from './canonical.ts';
import { isDjangoPassword } from './django-passwords.ts';

/** argon2id as OWASP advises: 19 MiB, two passes, one lane; the library's threads, not the event loop, do the work. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** @returns a PHC string of the prepared password, 97 characters */
export const hashPassword = (password: string) => hash(preparePassword(password), OPTIONS);

/** Of a password nobody has: compared with when there is no account, so that both answers take the same time. */
const nobody = hash(crypto.randomUUID(), OPTIONS);

/** Whether a hash is made as `hashPassword` does: everything else is Django's, or none. */
export const isOurHash = (passwordHash: string | null | undefined): passwordHash is string =>
  passwordHash?.startsWith('$argon2') ?? false;

/**
 * Whether the password is the one behind the hash; takes as long when there is no hash.
 *
 * Django hashed what was typed, unprepared: where that differs both are tried, for every account and for none.
 *
 * @param mostIterations of the hashes that came from Django (django-passwords.ts)
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
  const matches = await verify(isOurs ? passwordHash : await nobody, password);
  // One after the other for everybody, whichever of them it is.
  const isDjangos = await isDjangoPassword(password, passwordHash, mostIterations);
  return isOurs ? matches : isDjangos;
}
