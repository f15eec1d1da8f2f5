import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Credentials } from '../contract/credentials.ts';

/** The secret that signs tokens, generated once per data directory, so that users stay signed in after a restart. */
export const readJwtSecret = (dataDir: string) =>
  readOrCreate(join(dataDir, 'jwt-secret'), () => randomBytes(32).toString('base64url'));

/** Credentials of the embedded bucket, generated once per data directory, so that presigned POSTs stay valid after a restart. */
export async function readCredentials(dataDir: string): Promise<Credentials> {
  const text = await readOrCreate(join(dataDir, 'bucket-keys'), () =>
    Object.values(generateCredentials()).join(' '),
  );
  const [accessKeyId = '', secretAccessKey = ''] = text.split(' ');
  return { accessKeyId, secretAccessKey };
}

/** Reads the file, creating it first if it does not exist. */
async function readOrCreate(file: string, make: () => string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, make(), { mode: 0o600 });
  // Creating a link is atomic and fails if it exists: no partial secret can be read, and concurrent starts read the same one.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return readFile(file, 'utf8');
}

/** Credentials of an embedded part, for this run only. */
export const generateCredentials = () => ({
  accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(30).toString('base64'),
});

/** Signs the callbacks of this run. They are signed when they are sent, so none outlives it. */
export const generateWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`;
