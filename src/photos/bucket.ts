import type { Readable } from 'node:stream';
import { HeadBucketCommand, HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { FOLDERS, imageFolder, stagedKey, temporaryKey, UUID } from '../../lambda/contract.ts';
import type { AppConfig } from '../config.ts';
import { listObjects, type Place, removeAll, removeObjects } from './objects.ts';

export type Bucket = ReturnType<typeof openBucket>;

/** What is stored of some photo. */
export interface StoredObject {
  key: string;
  photoId: string;
  /** Else an upload: of no use once its photo has ended. */
  isPicture: boolean;
  modified: Date;
}

/** What the API itself does in the bucket: stage a large photo, look for uploads, and erase. It never writes `image/`. */
export function openBucket(config: AppConfig) {
  const s3 = openS3(config, config.s3Endpoint);
  const place = { s3, bucket: config.bucket };

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
     * Removes every object of a photo, in all its versions. Doing it twice is no error.
     *
     * @returns the keys that are gone
     */
    async erase(photoId: string): Promise<string[]> {
      const prefixes = [
        imageFolder(photoId, config.imageFolder),
        temporaryKey(photoId, config.temporaryFolder),
        stagedKey(photoId),
      ];
      const gone = await Promise.all(prefixes.map((prefix) => removeAll(place, prefix)));
      return gone.flat();
    },

    remove: (keys: string[]) =>
      removeObjects(
        place,
        keys.map((Key) => ({ Key })),
      ),

    /** Everything stored before some moment, a page at a time. */
    objectsBefore: (moment: Date) => storedBefore(moment, place, config),

    /** @throws what is wrong with the bucket */
    async check(signal: AbortSignal) {
      await s3.send(new HeadBucketCommand({ Bucket: config.bucket }), { abortSignal: signal });
    },

    close: () => s3.destroy(),
  };
}

async function* storedBefore(
  moment: Date,
  place: Place,
  { imageFolder: pictures, temporaryFolder }: AppConfig,
): AsyncGenerator<StoredObject[]> {
  for (const folder of [pictures, temporaryFolder, FOLDERS.staged]) {
    for await (const objects of listObjects(place, folder)) {
      yield objects.flatMap(({ Key: key = '', LastModified: modified }) => {
        const [photoId = ''] = key.slice(folder.length).split('/');
        const isMeant = UUID.test(photoId) && modified && modified < moment;
        return isMeant ? [{ key, photoId, modified, isPicture: folder === pictures }] : [];
      });
    }
  }
}

/** @param endpoint another S3 than Amazon's */
export const openS3 = ({ region, s3Credentials }: AppConfig, endpoint: string | undefined) =>
  new S3Client({
    region,
    maxAttempts: 2,
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
