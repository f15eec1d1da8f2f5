import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CACHE_CONTROL } from './contract.ts';
import { PhotoError } from './errors.ts';
import type { FunctionOptions } from './options.ts';

export type ObjectStore = ReturnType<typeof openStore>;

/** An object as it was sent. */
export interface StoredFile {
  bytes: Uint8Array;
  /** What its sender noted (`x-amz-meta-*`), names in lower case. */
  metadata: Readonly<Record<string, string | undefined>>;
}

/** A picture to be stored and served. */
export interface PictureFile {
  bytes: Uint8Array;
  /** `image/webp` */
  type: string;
  /** Mark of the photo it was made of, as `markOf` gives it. */
  source: string;
}

/** Metadata of a picture (`x-amz-meta-source`). */
const SOURCE_METADATA = 'source';

/** The bucket of photos, as far as the function needs it. Each request ends within seconds, answered or not. */
export function openStore({ region, endpoint, bucket: Bucket }: FunctionOptions) {
  const client = new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 8_000,
      throwOnRequestTimeout: true,
    },
  });

  return {
    /**
     * An object, undefined when there is none.
     *
     * @param maxBytes the size is checked before anything is read
     * @throws PhotoError PHOTO_TOO_LARGE
     */
    async get(Key: string, maxBytes: number): Promise<StoredFile | undefined> {
      const object = await client.send(new GetObjectCommand({ Bucket, Key })).catch(ifAbsent);
      if (!object?.Body) return undefined;

      const bytes = object.ContentLength ?? 0;
      if (bytes > maxBytes) {
        // Unread bodies hold their connection.
        await object.Body.transformToWebStream().cancel();
        throw PhotoError.tooLarge(maxBytes, bytes);
      }
      return {
        bytes: await object.Body.transformToByteArray(),
        metadata: object.Metadata ?? {},
      };
    },

    /** The mark of the photo that a picture was made of; undefined when there is no such picture. */
    async sourceOf(Key: string): Promise<string | undefined> {
      const head = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(ifAbsent);
      return head?.Metadata?.[SOURCE_METADATA];
    },

    /** Writes a picture, which may be kept by everyone for ever. */
    async put(Key: string, { bytes, type, source }: PictureFile): Promise<void> {
      const object = { Bucket, Key, Body: bytes, ContentType: type, CacheControl: CACHE_CONTROL };
      const Metadata = { [SOURCE_METADATA]: source };
      await client.send(new PutObjectCommand({ ...object, Metadata }));
    },

    /** Removes objects; those that are not there are no mistake. */
    async remove(keys: readonly string[]): Promise<void> {
      const Objects = keys.map((Key) => ({ Key }));
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      const [first] = Errors;
      if (first) throw new Error(`${Errors.length} objects stay, ${first.Key}: ${first.Code}`);
    },

    close: () => client.destroy(),
  };
}

function ifAbsent(error: unknown): undefined {
  if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
  throw error;
}
