import { CACHE_CONTROL } from '../contract/keys.ts';
import type { Credentials } from './credentials.ts';
import { PhotoError } from './errors.ts';
import { S3Error } from './s3/error.ts';
import type { Answer } from './s3/exchange.ts';
import { openS3, type Place } from './s3.ts';

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
  /** Mark of the photo it was made of, as `contentDigest` gives it. */
  source: string;
}

/** What is before a name of metadata, as a header. */
const METADATA = 'x-amz-meta-';
/** Metadata of a picture. */
const SOURCE = `${METADATA}source`;

/** The bucket of photos, as far as the function needs it. */
export function openStore(place: Place, credentials: Credentials) {
  const send = openS3(place, credentials);

  return {
    /**
     * An object, undefined when there is none.
     *
     * @param maxBytes the size is checked before anything is read
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
     * What its sender noted about an object, for the price of one byte; undefined when there is none. A HEAD would not tell a
     * missing object from a missing bucket.
     */
    async metadataOf(key: string): Promise<StoredFile['metadata'] | undefined> {
      const headers = { range: 'bytes=0-0' };
      const first = await send({ method: 'GET', key, headers }).catch((error: unknown) => {
        if (isEmpty(error)) return 'EMPTY';
        return ifAbsent(error);
      });
      return first === 'EMPTY' ? {} : first && metadataIn(first);
    },

    /** The mark of the photo that a picture was made of; undefined when there is no such picture. */
    async sourceOf(key: string): Promise<string | undefined> {
      const head = await send({ method: 'HEAD', key }).catch(ifAbsent);
      return head && metadataIn(head).source;
    },

    /** Writes a picture, which may be kept by everyone for ever. */
    async put(key: string, { bytes, type, source }: PictureFile): Promise<void> {
      const headers = { 'content-type': type, 'cache-control': CACHE_CONTROL, [SOURCE]: source };
      await send({ method: 'PUT', key, headers, body: bytes });
    },

    /** Removes objects; those that are not there are no mistake. */
    async remove(keys: readonly string[]): Promise<void> {
      const removals = keys.map((key) => send({ method: 'DELETE', key }).catch(ifAbsent));
      const failed = (await Promise.allSettled(removals)).filter(
        (end) => end.status === 'rejected',
      );
      const [first] = failed;
      if (first)
        throw new Error(`${failed.length} of ${keys.length} objects stay.`, {
          cause: first.reason,
        });
    },
  };
}

const metadataIn = ({ headers }: Answer): StoredFile['metadata'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(METADATA) ? [[name.slice(METADATA.length), String(value)]] : [],
    ),
  );

/** An object without a first byte. */
const isEmpty = (error: unknown) =>
  error instanceof S3Error && ['InvalidRange', '416'].includes(error.code);

/** Of a HEAD nothing but the status comes back. */
function ifAbsent(error: unknown): undefined {
  if (error instanceof S3Error && ['NoSuchKey', '404'].includes(error.code)) return undefined;
  throw error;
}
