import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { startS3Gateway } from '../../../local/s3/gateway.ts';
import type { StoredObject } from '../../../local/s3/put-object.ts';
import { startBucket } from '../../../local/s3/store.ts';

export const region = 'eu-central-1';
export const bucket = 'portrait';
export const KEY = 'temp/0193f0c0-0000-7000-8000-000000000001';
export const MAX_BYTES = 1_000;
export const KEYS = { accessKeyId: 'LOCAL1', secretAccessKey: 'secret' };

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A bucket behind its gateway, with the events of the gateway. */
export async function openS3Gateway(credentials: Keys = KEYS) {
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-'));
  const store = await startBucket({ dataDir, bucket, credentials });
  const s3 = { endpoint: store.endpoint, region, credentials };
  const client = new S3Client({ ...s3, forcePathStyle: true });
  const events: StoredObject[] = [];
  const lines: string[] = [];
  const onStored: { now: (object: StoredObject) => Promise<void> } = {
    now: async (object) => void events.push(object),
  };
  const gateway = await startS3Gateway({
    host: '127.0.0.1',
    port: 0,
    s3,
    bucket,
    folder: 'image/',
    uploads: { onStored: (object) => onStored.now(object), log: (line) => void lines.push(line) },
  });

  return {
    url: gateway.url,
    close: gateway.close,
    dataDir,
    store,
    events,
    lines,
    /** Called when an object is stored; tests may replace it. */
    onStored,

    form: (change?: FormOptions) => presign(gateway.url, { keys: credentials, ...change }),

    async keys() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key }) => Key);
    },

    async read(Key: string) {
      const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const bytes = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
      return { ...found, bytes };
    },

    async [Symbol.asyncDispose]() {
      await gateway.close();
      client.destroy();
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type S3Gateway = Awaited<ReturnType<typeof openS3Gateway>>;

interface FormOptions extends Partial<PresignedPostOptions> {
  keys?: Keys;
  region?: string;
}

/** A presigned POST as created by the product, with changes. */
export function presign(endpoint: string, change: FormOptions) {
  const { keys: credentials = KEYS, region: place = region, ...options } = change;
  const signer = new S3Client({ endpoint, region: place, credentials, forcePathStyle: true });
  return createPresignedPost(signer, {
    Bucket: bucket,
    Key: KEY,
    Conditions: [['content-length-range', 1, MAX_BYTES]],
    Fields: { 'Content-Type': 'image/jpeg', 'x-amz-meta-crop': 'CENTRE' },
    Expires: 600,
    ...options,
  });
}

/** Signs any text as a policy, as documented by S3; the presigner cannot create invalid ones. */
export function signPolicy(policy: string, fields: Record<string, string> = { key: KEY }) {
  const day = '20261121';
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${KEYS.secretAccessKey}`, day));
  const encoded = Buffer.from(policy).toString('base64');
  return {
    ...fields,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${KEYS.accessKeyId}/${day}/${region}/s3/aws4_request`,
    'x-amz-date': `${day}T000000Z`,
    policy: encoded,
    'x-amz-signature': hmac(key, encoded).toString('hex'),
  };
}
