/** The bucket, behind a shield: what is looked at here is what is there, whatever the product is told. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  DeleteObjectsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { startBucket } from '../../local/s3/store.ts';
import { startShield } from './fault-proxy.ts';

export const BUCKET = 'portrait';

/** As the product under test has them in its environment. */
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench' };

export async function openStore(dataDir: string) {
  let store = await startBucket({ dataDir, bucket: BUCKET, credentials: KEYS });
  const shield = await startShield(store.endpoint);

  async function withClient<Result>(work: (client: S3Client) => Promise<Result>) {
    const { endpoint } = store;
    const place = { endpoint, region: 'us-east-1', forcePathStyle: true };
    const client = new S3Client({ ...place, credentials: KEYS });
    return work(client).finally(() => client.destroy());
  }

  return {
    shield,
    /** Of everything in the bucket. */
    keys: () => withClient(keysIn),
    put: (Key: string) =>
      withClient((client) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }))),
    remove: (keys: string[]) =>
      withClient((client) => {
        const Objects = keys.map((Key) => ({ Key }));
        return client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
      }),
    /** Makes everything in it so many hours old: in its file, which is read at a start, since S3 has no such request. */
    async age(hours: number) {
      await store.close();
      const file = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'));
      const then = new Date(Date.now() - hours * 3_600_000).toISOString();
      file.prepare('update s3_objects set last_modified = ?').run(then);
      file.close();
      store = await startBucket({ dataDir, bucket: BUCKET, credentials: KEYS });
      shield.endpoint = store.endpoint;
    },
    async close() {
      shield.close();
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
