import type { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  HeadBucketCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { imageFolder, stagedKey } from '../../lambda/contract.ts';
import type { AppConfig } from '../config.ts';

export type Bucket = ReturnType<typeof openBucket>;

/** What the API itself does in the bucket: stage a large photo, and erase. It never writes `image/`. */
export function openBucket({
  region,
  s3Endpoint,
  s3Credentials,
  bucket,
  imageFolder: folder,
}: AppConfig) {
  const s3 = new S3Client({
    region,
    maxAttempts: 2,
    // Without the last, a request that takes longer is only complained about.
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    },
    ...(s3Endpoint && { endpoint: s3Endpoint, forcePathStyle: true }),
    ...(s3Credentials && { credentials: s3Credentials }),
  });

  return {
    /**
     * Streams a photo of any length to `staged/{photoId}`; a part is 5 MiB and only two are in memory.
     *
     * @throws what the source ends with, or what is wrong with the bucket; nothing is stored then
     */
    async stage(photoId: string, photo: Readable) {
      const params = { Bucket: bucket, Key: stagedKey(photoId), Body: photo };
      await new Upload({ client: s3, params, queueSize: 1 }).done();
    },

    /** Removes every object of a photo. Doing it twice is no error. */
    async erase(photoId: string) {
      await remove([stagedKey(photoId)]);
      const pages = paginateListObjectsV2(
        { client: s3 },
        { Bucket: bucket, Prefix: imageFolder(photoId, folder) },
      );
      for await (const { Contents = [] } of pages) {
        await remove(Contents.flatMap(({ Key }) => Key ?? []));
      }
    },

    /** @throws what is wrong with the bucket */
    async check(signal: AbortSignal) {
      await s3.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    },

    close: () => s3.destroy(),
  };

  async function remove(keys: string[]) {
    if (keys.length === 0) return;
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
    if (Errors.length > 0)
      throw new Error(`${Errors.length} objects could not be deleted: ${Errors[0]?.Code}`);
  }
}
