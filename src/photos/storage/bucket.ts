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

/** An object that belongs to a photo. */
export interface StoredObject {
  key: string;
  photoId: string;
  /** Otherwise an upload, which is not needed once its photo is in a final state. */
  isVariant: boolean;
  modified: Date;
}

type BucketConfig = Pick<
  AppConfig,
  'bucket' | 'region' | 's3Endpoint' | 's3Credentials' | 'imageFolder' | 'temporaryFolder'
>;

/** The API's own operations on the bucket: stage large photos, find uploads, and erase. It never writes to `image/`. */
export function openBucket(config: BucketConfig) {
  const s3 = openS3(config, config.s3Endpoint);
  const ref: BucketRef = { s3, bucket: config.bucket, supports: { batchDelete: true } };

  return {
    /**
     * Streams a photo of any length to `staged/{photoId}`. Parts have 5 MiB, at most two are in memory.
     *
     * @throws the error of the source or the bucket; then nothing is stored
     */
    async stage(photoId: string, photo: Readable) {
      const params = { Bucket: config.bucket, Key: stagedKey(photoId), Body: photo };
      await new Upload({ client: s3, params, queueSize: 1 }).done();
    },

    uploadKey: (photoId: string) => temporaryKey(photoId, config.temporaryFolder),

    /** Whether the file of a direct upload is in the bucket. */
    async holdsUpload(photoId: string): Promise<boolean> {
      const Key = temporaryKey(photoId, config.temporaryFolder);
      const head = await s3
        .send(new HeadObjectCommand({ Bucket: config.bucket, Key }))
        .catch(ifAbsent);
      return head !== undefined;
    },

    /**
     * Erases all objects of a photo, in all versions. Idempotent.
     *
     * @returns the erased keys
     * @throws when an object is left
     */
    async erase(photoId: string): Promise<string[]> {
      const prefixes = [
        imageFolder(photoId, config.imageFolder),
        temporaryKey(photoId, config.temporaryFolder),
        stagedKey(photoId),
      ];
      const erased = await whenAllEnded(prefixes.map((prefix) => eraseAll(ref, prefix)));
      return erased.flat();
    },

    async remove(keys: string[]) {
      const objects = keys.map((Key) => ({ Key }));
      await deleteObjects(ref, objects);
    },

    /** Lists objects last modified before a time, in pages. */
    objectsBefore: (moment: Date) => storedBefore(moment, ref, config),

    /** @throws when the bucket is unreachable or access is denied */
    async check(signal: AbortSignal) {
      await s3.send(new HeadBucketCommand({ Bucket: config.bucket }), { abortSignal: signal });
    },

    close: () => s3.destroy(),
  };
}

async function* storedBefore(
  moment: Date,
  ref: BucketRef,
  { imageFolder: images, temporaryFolder }: BucketConfig,
): AsyncGenerator<StoredObject[]> {
  for (const folder of [images, temporaryFolder, FOLDERS.staged]) {
    for await (const objects of listObjects(ref, folder)) {
      yield objects.flatMap(({ Key: key = '', LastModified: modified }) => {
        const [photoId = ''] = key.slice(folder.length).split('/');
        const isMeant = UUID.test(photoId) && modified && modified < moment;
        return isMeant ? [{ key, photoId, modified, isVariant: folder === images }] : [];
      });
    }
  }
}

/** @param endpoint of an S3-compatible store; undefined for Amazon S3 */
export const openS3 = (
  { region, s3Credentials }: Pick<AppConfig, 'region' | 's3Credentials'>,
  endpoint: string | undefined,
) =>
  new S3Client({
    region,
    maxAttempts: 2,
    // The SDK (3.1162) waits for "100 Continue" before it sends 2 MiB or more; Cloudflare's workerd (miniflare
    // 4.20260730) never sends one, and the upload timed out. Not reported yet. Parts are small, so waiting would save nothing.
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
