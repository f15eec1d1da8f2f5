/** The bucket behind a fault proxy. These functions bypass the proxy. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  DeleteObjectsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { startBucket } from '../../local/s3/store.ts';
import { startFaultProxy } from './fault-proxy.ts';

export const BUCKET = 'portrait';

/** The same as in the environment of the system under test. */
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench' };

export async function openBucket(dataDir: string) {
  let store = await startBucket({ dataDir, bucket: BUCKET, credentials: KEYS });
  const faultProxy = await startFaultProxy(store.endpoint);

  async function withClient<Result>(work: (client: S3Client) => Promise<Result>) {
    const { endpoint } = store;
    const config = { endpoint, region: 'us-east-1', forcePathStyle: true };
    const client = new S3Client({ ...config, credentials: KEYS });
    return work(client).finally(() => client.destroy());
  }

  return {
    faultProxy,
    /** Lists all keys. */
    keys: () => withClient(keysIn),
    put: (Key: string) =>
      withClient((client) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }))),
    remove: (keys: string[]) =>
      withClient((client) => {
        const Objects = keys.map((Key) => ({ Key }));
        return client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
      }),
    /** Ages all objects, in the store's database, since S3 has no such request; restarts the store. */
    async age(hours: number) {
      await store.close();
      const file = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'));
      const then = new Date(Date.now() - hours * 3_600_000).toISOString();
      file.prepare('update s3_objects set last_modified = ?').run(then);
      file.close();
      store = await startBucket({ dataDir, bucket: BUCKET, credentials: KEYS });
      faultProxy.endpoint = store.endpoint;
    },
    async close() {
      faultProxy.close();
      await store.close();
    },
  };
}

async function keysIn(client: S3Client) {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: BUCKET })) {
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
  }
  return keys;
}
