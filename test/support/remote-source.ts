import { buffer } from 'node:stream/consumers';
import { PublicError } from '../../src/errors.ts';
import { type DownloadOptions, downloadPhoto } from '../../src/photos/remote-source/download.ts';

/** The options of production. */
export const PUBLIC_ONLY: DownloadOptions = { maxBytes: 1_000_000, allowPrivate: false };
/** Allows loopback addresses, so that a test can serve the photo itself. */
export const PRIVATE_ALLOWED: DownloadOptions = { ...PUBLIC_ONLY, allowPrivate: true };

export const fetchPhoto = async (link: string, options: DownloadOptions) =>
  buffer(await downloadPhoto(link, options));

export async function publicErrorOf(promise: Promise<unknown>): Promise<PublicError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof PublicError) return outcome;
  throw new Error('Expected a PublicError.', { cause: outcome });
}

export const errorCodeOf = async (promise: Promise<unknown>) => (await publicErrorOf(promise)).code;
