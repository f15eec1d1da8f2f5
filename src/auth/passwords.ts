import { hash, verify } from '@node-rs/argon2';

/** argon2id as OWASP advises: 19 MiB, two passes, one lane; the library's threads, not the event loop, do the work. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** @returns a PHC string, 97 characters */
export const hashPassword = (password: string) => hash(password, OPTIONS);

/** Of a password nobody has: compared with when there is no account, so that both answers take the same time. */
const nobody = hash(crypto.randomUUID(), OPTIONS);

/** Whether the password is the one behind the hash; takes as long when there is no hash. */
export async function isPassword(password: string, passwordHash: string | null | undefined) {
  const matches = await verify(passwordHash ?? (await nobody), password);
  return matches && typeof passwordHash === 'string';
}
