import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { startBucket } from '../../local/bucket.ts';
import { openTrouble } from '../lambda/support/trouble.ts';

/** A bucket somewhere else, which may be in trouble, and the settings of a product that uses it. */
export async function openAwayBucket() {
  const dataDir = await mkdtemp(join(tmpdir(), 'portrait-away-'));
  const bucket = await startBucket({ dataDir, bucket: 'away' });
  const trouble = await openTrouble(bucket.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'of');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'tests');

  return {
    env: { S3_ENDPOINT: trouble.endpoint, PHOTO_BUCKET: 'away' },
    /** Decides which requests are answered 503; it may take its time. */
    set trouble(isTrouble: typeof trouble.trouble) {
      trouble.trouble = isTrouble;
    },
    async close() {
      await trouble.close();
      await bucket.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
