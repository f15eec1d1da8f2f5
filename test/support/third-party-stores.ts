import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Miniflare } from 'miniflare';
import S3rver from 's3rver';
import { vi } from 'vitest';

/** A third-party S3 server with one empty bucket, and the settings of a product that uses it. */
export interface ThirdPartyStore {
  env: Record<
    'S3_ENDPOINT' | 'PHOTO_BUCKET' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY',
    string
  >;
  close(): Promise<unknown>;
}

const BUCKET = 'portrait';

/** Signed requests for a bucket that is not embedded take their credentials from the environment. */
export function stubStoreSettings(endpoint: string, accessKeyId: string, secretAccessKey: string) {
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  for (const [name, value] of Object.entries(keys)) vi.stubEnv(name, value);
  return { ...keys, S3_ENDPOINT: endpoint, PHOTO_BUCKET: BUCKET };
}

/** Cloudflare's emulator of R2: verifies signatures, answers 501 to ListObjectVersions, never sends "100 Continue". */
export async function startR2(): Promise<ThirdPartyStore> {
  const keys = { accessKeyId: 'a'.repeat(32), secretAccessKey: 'b'.repeat(64) };
  const miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
    compatibilityDate: '2026-01-01',
    host: '127.0.0.1',
    port: 0,
    // Otherwise it downloads metadata about its network.
    cf: false,
    r2Buckets: { PHOTOS: { id: BUCKET, s3Credentials: keys } },
    r2Persist: false,
    // workerd logs each aborted request.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume();
      stderr.resume();
    },
  });
  const { href } = new URL('/cdn-cgi/local/r2/s3', await miniflare.ready);
  return {
    env: stubStoreSettings(href, keys.accessKeyId, keys.secretAccessKey),
    close: () => miniflare.dispose(),
  };
}

/** Answers 405 to ListObjectVersions, and 500 to a list of more than 1,000 objects. */
export async function startS3rver(): Promise<ThirdPartyStore> {
  const directory = await mkdtemp(join(tmpdir(), 'portrait-s3rver-'));
  const server = new S3rver({
    ...{ address: '127.0.0.1', port: 0, silent: true, directory },
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = await server.run();
  return {
    env: stubStoreSettings(`http://127.0.0.1:${port}`, 'S3RVER', 'S3RVER'),
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
