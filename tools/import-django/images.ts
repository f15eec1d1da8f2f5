import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

/** A file, or a URL that Portrait fetches with its SSRF guard. */
export type Image = { file: Blob } | { url: string };

/** Finds an image by the name in Django's column; undefined if it does not exist. */
export type Images = (name: string) => Promise<Image | undefined>;

/** Where to find images whose names are not URLs. */
export interface ImageLocation {
  /** `name` or `name/prefix`. */
  bucket?: string | undefined;
  /** URL of an S3-compatible store. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** A folder, or the public base URL of the files. */
  media?: string | undefined;
}

const isUrl = (text: string) => /^https?:\/\//i.test(text);

export async function openImages({ bucket, media, ...s3 }: ImageLocation): Promise<Images> {
  const find = bucket ? await inBucket(bucket, s3) : media ? inMedia(media) : findNothing;
  return async (name) => (isUrl(name) ? { url: name } : find(name.replace(/^\/+/, '')));
}

const findNothing: Images = async () => undefined;

const inMedia = (media: string): Images => (isUrl(media) ? atUrl(media) : inFolder(media));

const atUrl = (url: string): Images => {
  const base = url.replace(/\/*$/, '/');
  return async (name) => ({ url: base + name.split('/').map(encodeURIComponent).join('/') });
};

const inFolder = (folder: string): Images => {
  const root = resolve(folder);
  return async (name) => {
    const path = resolve(root, name);
    // Users chose the file names: reject path traversal.
    if (!path.startsWith(root + sep)) return undefined;
    const file = await stat(path).catch(() => undefined);
    return file?.isFile() ? { file: await openAsBlob(path) } : undefined;
  };
};

async function inBucket(location: string, { endpoint, region }: ImageLocation): Promise<Images> {
  const { GetObjectCommand, NoSuchKey, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region: region ?? 'us-east-1',
    ...(endpoint && { endpoint, forcePathStyle: true }),
  });
  const [Bucket, ...path] = location.split('/').filter(Boolean);
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
