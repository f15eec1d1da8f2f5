import type { Readable } from 'node:stream';
import { HeadBucketCommand, HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { FOLDERS, imageFolder, stagedKey, temporaryKey, UUID } from '../../../contract/keys.ts';
import type { AppConfig } from '../../config.ts';
import {
  type BucketRef,
  deleteObjects,
  eraseAll,
  listObjects,
  whenAllEnded,
} from './list-delete.ts';

export type Bucket = ReturnType<typeof openBucket>;

/** What is stored of some photo. */
export interface StoredObject {
  key: string;
  photoId: string;
  /** Else an upload: of no use once its photo has ended. */
  isPicture: boolean;
  modified: Date;
}

type BucketConfig = Pick<
  AppConfig,
  'bucket' | 'region' | 's3Endpoint' | 's3Credentials' | 'imageFolder' | 'temporaryFolder'
>;

/** What the API itself does in the bucket: stage a large photo, look for uploads, and erase. It never writes `image/`. */
export function openBucket(config: BucketConfig) {
  const s3 = openS3(config, config.s3Endpoint);
  const ref: BucketRef = { s3, bucket: config.bucket, offers: { batchDelete: true } };

  return {
    /**
     * Streams a photo of any length to `staged/{photoId}`; a part is 5 MiB and only two are in memory.
     *
     * @throws what the source ends with, or what is wrong with the bucket; nothing is stored then
     */
    async stage(photoId: string, photo: Readable) {
      const params = { Bucket: config.bucket, Key: stagedKey(photoId), Body: photo };
      await new Upload({ client: s3, params, queueSize: 1 }).done();
    },

    uploadKey: (photoId: string) => temporaryKey(photoId, config.temporaryFolder),

    /** Whether a direct upload waits in the bucket. */
    async holdsUpload(photoId: string): Promise<boolean> {
      const Key = temporaryKey(photoId, config.temporaryFolder);
      const head = await s3
        .send(new HeadObjectCommand({ Bucket: config.bucket, Key }))
        .catch(ifAbsent);
      return head !== undefined;
    },

    /**
     * Erases every object of a photo, in all its versions. Idempotent.
     *
     * @returns the erased keys
     * @throws when anything is left
     */
    async erase(photoId: string): Promise<string[]> {
      const prefixes = [
        imageFolder(photoId, config.imageFolder),
        temporaryKey(photoId, config.temporaryFolder),
        stagedKey(photoId),
      ];
      const gone = await whenAllEnded(prefixes.map((prefix) => eraseAll(ref, prefix)));
      return gone.flat();
    },

    async remove(keys: string[]) {
      const objects = keys.map((Key) => ({ Key }));
      await deleteObjects(ref, objects);
    },

    /** Everything stored before some moment, a page at a time. */
    objectsBefore: (moment: Date) => storedBefore(moment, ref, config),

    /** @throws what is wrong with the bucket */
    async check(signal: AbortSignal) {
      await s3.send(new HeadBucketCommand({ Bucket: config.bucket }), { abortSignal: signal });
    },

    close: () => s3.destroy(),
  };
}

async function* storedBefore(
  moment: Date,
  ref: BucketRef,
  { imageFolder: pictures, temporaryFolder }: BucketConfig,
): AsyncGenerator<StoredObject[]> {
  for (const folder of [pictures, temporaryFolder, FOLDERS.staged]) {
    for await (const objects of listObjects(ref, folder)) {
      yield objects.flatMap(({ Key: key = '', LastModified: modified }) => {
        const [photoId = ''] = key.slice(folder.length).split('/');
        const isMeant = UUID.test(photoId) && modified && modified < moment;
        return isMeant ? [{ key, photoId, modified, isPicture: folder === pictures }] : [];
      });
    }
  }
}

/** @param endpoint another S3 than Amazon's */
export const openS3 = (
  { region, s3Credentials }: Pick<AppConfig, 'region' | 's3Credentials'>,
  endpoint: string | undefined,
) =>
  new S3Client({
    region,
    maxAttempts: 2,
    // The SDK (3.1162) waits for "100 Continue" before it sends 2 MiB or more; Cloudflare's workerd (miniflare
    // 4.20260730) never sends one, and the upload timed out. Not reported yet. Bodies are small parts: nothing is saved.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    },
    ...(endpoint && { endpoint, forcePathStyle: true }),
    ...(s3Credentials && { credentials: s3Credentials }),
  });

function ifAbsent(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error;
}
