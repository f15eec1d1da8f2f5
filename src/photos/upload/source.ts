import { finished, PassThrough, Readable } from 'node:stream';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { LIMITS } from '../../../contract/limits.ts';
import type { Config } from '../../config.ts';
import { PublicError } from '../../errors.ts';
import type { PhotoInput } from '../inputs.ts';
import { openLink } from '../remote-source/download.ts';

type Limits = Pick<Config, 'maxUploadBytes' | 'linkAllowPrivate'>;

/**
 * Opens whichever of the three a client sent as one stream of bytes.
 *
 * @throws PublicError BAD_USER_INPUT, PHOTO_SOURCE_REFUSED, PHOTO_SOURCE_UNREACHABLE, PHOTO_TOO_LARGE
 */
export async function openSource(
  input: PhotoInput,
  limits: Limits,
  signal: AbortSignal,
): Promise<Readable> {
  const { file, base64, url } = input;
  if ([file, base64, url].filter((one) => one != null).length !== 1) {
    throw badPhoto('photo', 'Give exactly one of file, base64 and url.');
  }
  const { maxUploadBytes: maxBytes, linkAllowPrivate: allowPrivate } = limits;
  if (file != null) return openFile(file, maxBytes);
  if (url != null) return openLink(url, { maxBytes, allowPrivate, signal });
  return Readable.from([decode(base64 ?? '', maxBytes)]);
}

/** A photo small enough for one call in whole; a larger one as a stream, its beginning put back. */
export type Photo = { bytes: Uint8Array<ArrayBuffer> } | { stream: Readable };

/**
 * Reads until the photo ends or is too large for one call, and not a byte further.
 *
 * @throws PublicError PHOTO_UNREADABLE for nothing at all; what the source ends with
 */
export async function readPhoto(source: Readable): Promise<Photo> {
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

/** Lets go of each chunk as it is passed on: a photo is never twice in memory, not even its beginning. */
async function* concat(head: Buffer[], rest: Readable) {
  for (let chunk = head.shift(); chunk; chunk = head.shift()) yield chunk;
  yield* rest;
}

/** The file as a stream whose end, however it comes, also ends the reading of the temporary file behind it. */
async function openFile(sent: Promise<FileUpload>, limit: number): Promise<Readable> {
  const explain = (cause: unknown) => explainFile(cause, limit);
  try {
    const file = (await sent).createReadStream();
    const photo = new PassThrough().once('close', () => file.destroy());
    finished(file, (error) => error && photo.destroy(explain(error)));
    return file.pipe(photo);
  } catch (cause) {
    throw explain(cause);
  }
}

/** graphql-upload ends a file with an HTTP error: 413 at the limit, 400 when the request announced it in vain. */
function explainFile(cause: unknown, limit: number) {
  const status = cause instanceof Error && 'status' in cause ? cause.status : undefined;
  if (status === 413) return tooLarge(limit);
  if (status === 400) return badPhoto('photo.file', 'The request names this file but brings none.');
  return cutOff(cause);
}

const DATA_URL = /^data:[^,]{0,200};base64,/i;

/** RFC 4648, 4 and 5: four signs are three bytes, two or three signs at the end are one or two. */
const BASE64 = /^[\w+/-]+={0,2}$/;

function decode(base64: string, limit: number): Buffer {
  const text = base64.replace(DATA_URL, '').replace(/\s+/g, '');
  const signs = text.length - (text.endsWith('==') ? 2 : Number(text.endsWith('=')));
  const length = Math.floor((signs * 3) / 4);
  if (length > limit) throw tooLarge(limit, length);
  if (!BASE64.test(text) || signs % 4 === 1) {
    throw badPhoto('photo.base64', 'This is not base64, plain or as a data: URL.');
  }
  return Buffer.from(text, 'base64');
}

const tooLarge = (limit: number, actual?: number) =>
  new PublicError(
    'PHOTO_TOO_LARGE',
    `The photo is larger than the ${limit} bytes accepted. Send a smaller one.`,
    {
      limit,
      ...(actual !== undefined && { actual }),
    },
  );

const empty = () =>
  new PublicError('PHOTO_UNREADABLE', 'The photo is empty, it has no bytes. Send it again.');

const cutOff = (cause: unknown) =>
  new PublicError(
    'PHOTO_UNREADABLE',
    'The upload ended before the photo was complete. Send it again.',
    { cause },
  );

const badPhoto = (path: string, message: string) =>
  new PublicError('BAD_USER_INPUT', message, { fields: [{ path, message }] });
