import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Product } from './product.ts';

type Stored = Pick<Product, 'config'>;

/** Keys of all that lies in the product's embedded bucket. */
export async function storedKeys({ config }: Stored): Promise<string[]> {
  const client = clientOf(config);
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: config.bucket })) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  }
  client.destroy();
  return keys;
}

/** Puts an object into the product's embedded bucket that is none of its own. */
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

/** Of a bucket that is not embedded. */
const keysOfEnvironment = (
  {
    AWS_ACCESS_KEY_ID: accessKeyId = 'test',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = 'test',
  } = process.env,
) => ({ accessKeyId, secretAccessKey });

/** Keys of uploads in parts that nobody has ended. The embedded store does not list them to S3 clients; its file does. */
export function multipartUploadKeys({ config }: Stored) {
  const store = new DatabaseSync(join(config.dataDir, 'bucket', 'fauxqs.db'), { readOnly: true });
  const rows = store.prepare('select key from s3_multipart_uploads').all();
  store.close();
  return rows.map(({ key }) => key);
}

/** Ids of the photos that anything at all is stored of. */
export const storedPhotos = async (product: Stored) => [
  ...new Set((await storedKeys(product)).map((key) => key.split('/')[1] ?? key)),
];
