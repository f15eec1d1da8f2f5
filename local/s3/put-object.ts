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
  /** Quoted, as in HTTP. */
  eTag: string;
}

interface NewObject {
  bucket: string;
  key: string;
  fields: Fields;
  allowed: SizeRange;
}

/** Stores the form's file once the form is complete; otherwise stores nothing. */
export async function storeFile(
  client: S3Client,
  { end }: Form,
  { file, bucket, key, fields, allowed }: NewObject & { file: Readable },
): Promise<StoredObject> {
  const description = readAttributes(fields);
  let size = 0;
  async function* checked() {
    for await (const chunk of readFile(file, end)) {
      size += chunk.length;
      // Reads to the end: the response contains the full size, and a client that is still sending would not read it earlier.
      if (size <= allowed.max) yield chunk;
    }
    checkSize(size, allowed);
    // The last part is sent, and the object completed, only after this.
    await end;
  }
  const upload = new Upload({
    client,
    // One part at a time, so that 50 concurrent uploads fit in memory. Files up to the size of a part, like most photos, are
    // sent in one PUT, which is half the work; the embedded bucket accepts at most 11 MiB in one.
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

/** Yields the file. If it is truncated, throws the reason from the form's end. */
async function* readFile(file: Readable, end: Form['end']): AsyncGenerator<Buffer> {
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

/** Headers and metadata to store with the object. */
function readAttributes(fields: Fields) {
  const headers: [string, string][] = [];
  const metadata: [string, string][] = [];
  for (const [name, value] of fields) {
    const header = HEADERS[name];
    if (header) headers.push([header, readHeader(name, value)]);
    else if (name.startsWith(META)) metadata.push([name.slice(META.length), encodeMeta(value)]);
    else if (UNSUPPORTED_FIELDS.test(name)) {
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

/** Fields that S3 supports and this gateway rejects. */
const UNSUPPORTED_FIELDS =
  /^(acl|content-md5|expires|redirect|success_action_redirect|tagging|x-amz-(?!algorithm$|credential$|date$|security-token$|signature$).*)$/;

const isPlain = (text: string) => /^[\x20-\x7e]*$/.test(text);

function readHeader(name: string, value: string) {
  if (isPlain(value)) return value;
  const details = { ArgumentName: name, ArgumentValue: value };
  throw new S3Error('InvalidArgument', 'Header value cannot be represented using ASCII.', details);
}

/** S3 returns non-ASCII metadata encoded as in RFC 2047. */
const encodeMeta = (value: string) =>
  isPlain(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
