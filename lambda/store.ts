import type { Credentials } from '../contract/credentials.ts';
import { CACHE_CONTROL } from '../contract/keys.ts';
import { PhotoError } from './errors.ts';
import { S3Error } from './s3/error.ts';
import type { S3Response } from './s3/send-request.ts';
import { type BucketReference, openS3 } from './s3.ts';

export type ObjectStore = ReturnType<typeof openStore>;

/** A stored object. */
export interface StoredFile {
  bytes: Uint8Array;
  /** User metadata (`x-amz-meta-*`), names in lower case. */
  metadata: Readonly<Record<string, string | undefined>>;
}

/** The file of a variant. */
export interface VariantFile {
  bytes: Uint8Array;
  /** `image/webp` */
  type: string;
  /** `contentDigest` of the photo it was made from. */
  digest: string;
}

/** Prefix of metadata headers. */
const METADATA = 'x-amz-meta-';
/** Header with the digest of the photo that a variant was made from; the name is older than the word. */
const DIGEST = `${METADATA}source`;

/** The operations on the photo bucket that the function needs. */
export function openStore(reference: BucketReference, credentials: Credentials) {
  const send = openS3(reference, credentials);

  return {
    /**
     * Reads an object; undefined when it does not exist.
     *
     * @param maxBytes checked before the body is read
     * @throws PhotoError PHOTO_TOO_LARGE
     */
    async get(key: string, maxBytes: number): Promise<StoredFile | undefined> {
      const object = await send({ method: 'GET', key, maxBytes }).catch(ifAbsent);
      if (!object) return undefined;
      const { body: bytes, length } = object;
      if (!bytes) throw PhotoError.tooLarge(maxBytes, length);
      return { bytes, metadata: metadataIn(object) };
    },

    /**
     * Reads the metadata of an object by a request for its first byte; undefined when it does not exist. A HEAD response does not
     * distinguish a missing object from a missing bucket.
     */
    async metadataOf(key: string): Promise<StoredFile['metadata'] | undefined> {
      const headers = { range: 'bytes=0-0' };
      const first = await send({ method: 'GET', key, headers }).catch((error: unknown) => {
        if (isEmpty(error)) return 'EMPTY';
        return ifAbsent(error);
      });
      return first === 'EMPTY' ? {} : first && metadataIn(first);
    },

    /** The digest of the photo that a variant was made from; undefined when the variant does not exist. */
    async digestOf(key: string): Promise<string | undefined> {
      const head = await send({ method: 'HEAD', key }).catch(ifAbsent);
      return head && metadataIn(head).source;
    },

    /** Stores a variant, which caches may keep forever. */
    async put(key: string, { bytes, type, digest }: VariantFile): Promise<void> {
      const headers = { 'content-type': type, 'cache-control': CACHE_CONTROL, [DIGEST]: digest };
      await send({ method: 'PUT', key, headers, body: bytes });
    },

    /** Deletes objects; missing ones are ignored. */
    async remove(keys: readonly string[]): Promise<void> {
      const removals = keys.map((key) => send({ method: 'DELETE', key }).catch(ifAbsent));
      const failed = (await Promise.allSettled(removals)).filter(
        (end) => end.status === 'rejected',
      );
      const [first] = failed;
      if (first)
        throw new Error(`${failed.length} of ${keys.length} objects could not be deleted.`, {
          cause: first.reason,
        });
    },
  };
}

const metadataIn = ({ headers }: S3Response): StoredFile['metadata'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(METADATA) ? [[name.slice(METADATA.length), String(value)]] : [],
    ),
  );

/** The object is empty: it has no first byte. */
const isEmpty = (error: unknown) =>
  error instanceof S3Error && ['InvalidRange', '416'].includes(error.code);

/** A HEAD response has a status, but no error code. */
function ifAbsent(error: unknown): undefined {
  if (error instanceof S3Error && ['NoSuchKey', '404'].includes(error.code)) return undefined;
  throw error;
}
