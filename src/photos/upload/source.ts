import { finished, PassThrough, Readable } from 'node:stream';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { LIMITS } from '../../../contract/limits.ts';
import type { Config } from '../../config.ts';
import { PublicError } from '../../errors.ts';
import type { PhotoInput } from '../inputs.ts';
import { downloadPhoto } from '../remote-source/download.ts';

type Limits = Pick<Config, 'maxUploadBytes' | 'linkAllowPrivate'>;

/**
 * Opens the file, base64 text or URL of an input as a stream of bytes.
 *
 * @throws PublicError BAD_USER_INPUT, PHOTO_SOURCE_REFUSED, PHOTO_SOURCE_UNREACHABLE, PHOTO_TOO_LARGE
 */
export async function openSource(
  { file, base64, url }: PhotoInput,
  { maxUploadBytes: maxBytes, linkAllowPrivate: allowPrivate }: Limits,
  signal: AbortSignal,
): Promise<Readable> {
  const given = [file, base64, url].filter((field) => field != null);
  if (given.length === 1) {
    if (file != null) return openFile(file, maxBytes);
    if (url != null) return downloadPhoto(url, { maxBytes, allowPrivate, signal });
    if (base64 != null) return Readable.from([decodeBase64(base64, maxBytes)]);
  }
  throw badPhoto('photo', 'Send exactly one of `file`, `base64` and `url`.');
}

/** The bytes of a photo that fits into one request to the image API; otherwise a stream of the complete photo. */
export type UploadedPhoto = { bytes: Uint8Array<ArrayBuffer> } | { stream: Readable };

/**
 * Reads until the photo ends or exceeds what one request may contain, and not further.
 *
 * @throws PublicError PHOTO_UNREADABLE for an empty photo; the error of the source
 */
export async function readUploadedPhoto(source: Readable): Promise<UploadedPhoto> {
  const iterator = source.iterator({ destroyOnReturn: false });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of iterator as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LIMITS.inlineBytes) return { stream: Readable.from(concat(chunks, source)) };
  }
  if (length === 0) throw empty();
  return { bytes: Buffer.concat(chunks, length) };
}

/** Releases each chunk once it is yielded: no part of a photo is in memory twice. */
async function* concat(head: Buffer[], rest: Readable) {
  for (let chunk = head.shift(); chunk; chunk = head.shift()) yield chunk;
  yield* rest;
}

/** Closing the stream, at its end or early, also closes the temporary file behind it. */
async function openFile(upload: Promise<FileUpload>, limit: number): Promise<Readable> {
  try {
    const file = (await upload).createReadStream();
    const photo = new PassThrough().once('close', () => file.destroy());
    finished(file, (error) => error && photo.destroy(fileError(error, limit)));
    return file.pipe(photo);
  } catch (cause) {
    throw fileError(cause, limit);
  }
}

/** graphql-upload fails with an HTTP error: 413 at the size limit, 400 when the request does not contain the file. */
function fileError(cause: unknown, limit: number) {
  const status = cause instanceof Error && 'status' in cause ? cause.status : undefined;
  if (status === 413) return tooLarge(limit);
  if (status === 400) return badPhoto('photo.file', 'The request contains no file. Attach it.');
  return incomplete(cause);
}

const DATA_URL = /^data:[^,]{0,200};base64,/i;

/** RFC 4648, 4 and 5: four characters encode three bytes; two or three characters at the end encode one or two. */
const BASE64 = /^[\w+/-]+={0,2}$/;

function decodeBase64(base64: string, limit: number): Buffer {
  const text = base64.replace(DATA_URL, '').replace(/\s+/g, '');
  const characters = text.length - (text.endsWith('==') ? 2 : Number(text.endsWith('=')));
  const length = Math.floor((characters * 3) / 4);
  if (length > limit) throw tooLarge(limit, length);
  if (!BASE64.test(text) || characters % 4 === 1) {
    throw badPhoto('photo.base64', 'Invalid base64. Send plain base64 or a `data:` URL.');
  }
  return Buffer.from(text, 'base64');
}

const tooLarge = (limit: number, actual?: number) =>
  new PublicError(
    'PHOTO_TOO_LARGE',
    `The photo exceeds the limit of ${limit} bytes. Send a smaller one.`,
    { limit, ...(actual !== undefined && { actual }) },
  );

const empty = () => new PublicError('PHOTO_UNREADABLE', 'The file is empty. Send it again.');

const incomplete = (cause: unknown) =>
  new PublicError(
    'PHOTO_UNREADABLE',
    'The upload ended before the photo was complete. Send it again.',
    { cause },
  );

const badPhoto = (path: string, message: string) =>
  new PublicError('BAD_USER_INPUT', message, { fields: [{ path, message }] });
