import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { vi } from 'vitest';
import { startBucket } from '../../local/s3/store.ts';
import { openFaultProxy } from '../lambda/support/failures.ts';
import { putObject } from './direct-upload.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const KEYS = {
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
};

/**
 * Starts an external bucket that can fail on demand, and returns the settings of a product that uses it.
 *
 * @param relic key of an object stored two hours ago
 */
export async function openFaultyBucket(relic?: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'portrait-bucket-'));
  if (relic) await storeOldObject(dataDir, relic);
  const bucket = await startBucket({ dataDir, bucket: 'external', credentials });
  const proxy = await openFaultProxy(bucket.endpoint);
  for (const [name, value] of Object.entries(KEYS)) vi.stubEnv(name, value);

  return {
    env: { ...KEYS, S3_ENDPOINT: proxy.endpoint, PHOTO_BUCKET: 'external' },
    /** Returns true for requests to answer with 503; may be asynchronous. */
    set fault(isFault: typeof proxy.fault) {
      proxy.fault = isFault;
    },
    async close() {
      await proxy.close();
      await bucket.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function storeOldObject(dataDir: string, key: string) {
  const { endpoint, close } = await startBucket({ dataDir, bucket: 'external', credentials });
  const config = {
    region: 'us-east-1',
    s3Endpoint: endpoint,
    bucket: 'external',
    s3Credentials: credentials,
  };
  await putObject({ config }, key, Buffer.from('relic'));
  await close();
  const store = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'));
  const twoHoursAgo = new Date(Date.now() - 2 * 3600_000).toISOString();
  store.prepare('update s3_objects set last_modified = ?').run(twoHoursAgo);
  store.close();
}
