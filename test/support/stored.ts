import { ListMultipartUploadsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Product } from './product.ts';

/** Looks into the product's bucket: keys of all objects, and of uploads in parts that nobody has ended. */
export async function storedKeys({ config }: Product) {
  const client = new S3Client({
    region: config.region,
    endpoint: config.s3Endpoint ?? '',
    forcePathStyle: true,
    credentials: config.s3Credentials ?? { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: config.bucket })) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  }
  const open = await client.send(new ListMultipartUploadsCommand({ Bucket: config.bucket }));
  keys.push(...(open.Uploads ?? []).map(({ Key }) => `${Key} (unfinished)`));
  client.destroy();
  return keys;
}

/** Ids of the photos that anything at all is stored of. */
export const storedPhotos = async (product: Product) => [
  ...new Set((await storedKeys(product)).map((key) => key.split('/')[1] ?? key)),
];
