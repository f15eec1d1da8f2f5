/** A bucket in the local S3-compatible store, and the function's settings for it. */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';

export type Bucket = Awaited<ReturnType<typeof openBucket>>;

export async function openBucket() {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('photos');
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = new S3Client({
    endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

  return {
    client,
    env: {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      S3_ENDPOINT: endpoint,
      PHOTO_BUCKET: 'photos',
    },
    async keys(folder = '') {
      const list = await client.send(
        new ListObjectsV2Command({ Bucket: 'photos', Prefix: folder }),
      );
      return (list.Contents ?? []).map(({ Key }) => Key ?? '');
    },
    async read(key: string) {
      const object = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: key }));
      const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
      return { bytes, contentType: object.ContentType, cacheControl: object.CacheControl };
    },
    async close() {
      client.destroy();
      await server.stop();
    },
  };
}
