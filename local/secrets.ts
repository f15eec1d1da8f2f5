import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Credentials } from '../contract/credentials.ts';

/** The secret that signs tokens, made once per data folder: who is signed in stays so when the product restarts. */
export const readJwtSecret = (dataDir: string) =>
  keep(join(dataDir, 'jwt-secret'), () => randomBytes(32).toString('base64url'));

/** Keys of the embedded bucket, made once per data folder: forms handed out stay good when the product restarts. */
export async function readCredentials(dataDir: string): Promise<Credentials> {
  const text = await keep(join(dataDir, 'bucket-keys'), () =>
    Object.values(makeCredentials()).join(' '),
  );
  const [accessKeyId = '', secretAccessKey = ''] = text.split(' ');
  return { accessKeyId, secretAccessKey };
}

/** What the file holds; made first when it is not there. */
async function keep(file: string, make: () => string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, make(), { mode: 0o600 });
  // A link is made at once and only once: nobody reads half a secret, and of two starters both read the same.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return readFile(file, 'utf8');
}

/** Keys for an embedded part, good for this run and this machine alone. */
export const makeCredentials = () => ({
  accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(30).toString('base64'),
});

/** Signs callbacks of this run: they are signed when they are sent, so none outlives it. */
export const makeWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`;
