import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { S3Error } from './error.ts';
import type { Fields, Form } from './multipart-form.ts';
import type { SizeRange } from './policy.ts';

export interface StoredObject {
  key: string;
  /** bytes */
  size: number;
  /** As HTTP writes it, in quotes. */
  eTag: string;
}

interface NewObject {
  bucket: string;
  key: string;
  fields: Fields;
  allowed: SizeRange;
}

/** Puts the form's file into the bucket when the form has ended well; otherwise nothing is left there. */
export async function storeFile(
  client: S3Client,
  { end }: Form,
  { file, bucket, key, fields, allowed }: NewObject & { file: Readable },
): Promise<StoredObject> {
  const description = describe(fields);
  let size = 0;
  async function* checked() {
    for await (const chunk of whole(file, end)) {
      size += chunk.length;
      // Read on, for nothing: the answer names the whole size, and whoever still sends would not hear it earlier.
      if (size <= allowed.max) yield chunk;
    }
    checkSize(size, allowed);
    // The last part is sent, and the object made of them, only after this.
    await end;
  }
  const upload = new Upload({
    client,
    // 50 uploads at once have to fit in memory: one part at a time. Up to a part, as most photos are, a file is put whole,
    // which is half the work; the embedded bucket takes no more than 11 MiB at once.
    queueSize: 1,
    partSize: 10 * 1024 * 1024,
    params: {
      Bucket: bucket,
      Key: key,
      Body: Readable.from(checked(), { objectMode: false }),
      ...description,
    },
  });
  const { ETag: eTag = '' } = await upload.done();
  return { key, size, eTag };
}

/** The file; when it breaks off, the form's end tells why. */
async function* whole(file: Readable, end: Form['end']): AsyncGenerator<Buffer> {
  try {
    yield* file;
  } catch (error) {
    await end;
    throw error;
  }
}

function checkSize(size: number, { min, max }: SizeRange) {
  if (size > max) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: size,
      MaxSizeAllowed: max,
    });
  }
  if (size < min) {
    throw new S3Error(
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
      { ProposedSize: size, MinSizeAllowed: min },
    );
  }
}

/** What is kept with the object: headers that come back with it, and its metadata. */
function describe(fields: Fields) {
  const headers: [string, string][] = [];
  const metadata: [string, string][] = [];
  for (const [name, value] of fields) {
    const header = HEADERS[name];
    if (header) headers.push([header, readHeader(name, value)]);
    else if (name.startsWith(META)) metadata.push([name.slice(META.length), encodeMeta(value)]);
    else if (NOT_PLAYED.test(name)) {
      const message = 'A header you provided implies functionality that is not implemented';
      throw new S3Error('NotImplemented', message, { Header: name });
    }
  }
  return { ...Object.fromEntries(headers), Metadata: Object.fromEntries(metadata) };
}

const META = 'x-amz-meta-';

const HEADERS: Record<string, string> = {
  'cache-control': 'CacheControl',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  'content-type': 'ContentType',
};

/** Fields that S3 would heed and this door does not. */
const NOT_PLAYED =
  /^(acl|content-md5|expires|redirect|success_action_redirect|tagging|x-amz-(?!algorithm$|credential$|date$|security-token$|signature$).*)$/;

const isPlain = (text: string) => /^[\x20-\x7e]*$/.test(text);

function readHeader(name: string, value: string) {
  if (isPlain(value)) return value;
  const details = { ArgumentName: name, ArgumentValue: value };
  throw new S3Error('InvalidArgument', 'Header value cannot be represented using ASCII.', details);
}

/** What is more than plain text comes back from S3 in the dress of RFC 2047. */
const encodeMeta = (value: string) =>
  isPlain(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
