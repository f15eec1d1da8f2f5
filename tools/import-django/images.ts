import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

/** A file, or a link that Portrait itself fetches, with all the care it takes of links. */
export type Picture = { file: Blob } | { url: string };

/** Finds the picture that a column of Django's names; undefined when it is nowhere. */
export type Images = (name: string) => Promise<Picture | undefined>;

/** Where names are looked up that are no links themselves. */
export interface Places {
  /** `name` or `name/prefix`. */
  bucket?: string | undefined;
  /** Of a bucket that is not at AWS. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** A folder, or the address below which the files are public. */
  media?: string | undefined;
}

const isLink = (text: string) => /^https?:\/\//i.test(text);

export async function openImages({ bucket, media, ...s3 }: Places): Promise<Images> {
  const find = bucket ? await inBucket(bucket, s3) : media ? inMedia(media) : nowhere;
  return async (name) => (isLink(name) ? { url: name } : find(name.replace(/^\/+/, '')));
}

const nowhere: Images = async () => undefined;

const inMedia = (media: string): Images => (isLink(media) ? below(media) : inFolder(media));

const below = (address: string): Images => {
  const base = address.replace(/\/*$/, '/');
  return async (name) => ({ url: base + name.split('/').map(encodeURIComponent).join('/') });
};

const inFolder = (folder: string): Images => {
  const root = resolve(folder);
  return async (name) => {
    const path = resolve(root, name);
    // Names came from users once: none may lead out of the folder.
    if (!path.startsWith(root + sep)) return undefined;
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() ? { file: await openAsBlob(path) } : undefined;
  };
};

async function inBucket(place: string, { endpoint, region }: Places): Promise<Images> {
  const { GetObjectCommand, NoSuchKey, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region: region ?? 'us-east-1',
    ...(endpoint && { endpoint, forcePathStyle: true }),
  });
  const [Bucket, ...path] = place.split('/').filter(Boolean);
  return async (name) => {
    const Key = [...path, name].join('/');
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = await Body?.transformToByteArray();
      return bytes && { file: new Blob([new Uint8Array(bytes)]) };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };
}
