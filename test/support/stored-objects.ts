import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Product } from './product.ts';

type Stored = Pick<Product, 'config'>;

/** Keys of all objects in the product's bucket. */
export async function storedKeys({ config }: Stored): Promise<string[]> {
  const client = clientOf(config);
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: config.bucket })) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  }
  client.destroy();
  return keys;
}

/** Stores a foreign object in the product's bucket. */
export async function storeObject({ config }: Stored, key: string, bytes: Uint8Array) {
  const client = clientOf(config);
  await client.send(new PutObjectCommand({ Bucket: config.bucket, Key: key, Body: bytes }));
  client.destroy();
}

const clientOf = (config: Stored['config']) =>
  new S3Client({
    region: config.region,
    endpoint: config.s3Endpoint ?? '',
    forcePathStyle: true,
    credentials: config.s3Credentials ?? keysOfEnvironment(),
  });

/** Credentials of a bucket that is not embedded. */
const keysOfEnvironment = (
  {
    AWS_ACCESS_KEY_ID: accessKeyId = 'test',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = 'test',
  } = process.env,
) => ({ accessKeyId, secretAccessKey });

/** Keys of unfinished multipart uploads, read from the embedded store's database: it does not list them to S3 clients. */
export function multipartUploadKeys({ config }: Stored) {
  const store = new DatabaseSync(join(config.dataDir, 'bucket', 'fauxqs.db'), { readOnly: true });
  const rows = store.prepare('select key from s3_multipart_uploads').all();
  store.close();
  return rows.map(({ key }) => key);
}

/** Ids of the photos that have stored objects. */
export const storedPhotos = async (product: Stored) => [
  ...new Set((await storedKeys(product)).map((key) => key.split('/')[1] ?? key)),
];
