import { buffer } from 'node:stream/consumers';
import { PublicError } from '../../src/errors.ts';
import { type LinkOptions, openLink } from '../../src/photos/remote-source/download.ts';

/** What production allows. */
export const OPEN: LinkOptions = { maxBytes: 1_000_000, allowPrivate: false };
/** What lets a test be its own stranger. */
export const LOCAL: LinkOptions = { ...OPEN, allowPrivate: true };

export const fetchPhoto = async (link: string, options: LinkOptions) =>
  buffer(await openLink(link, options));

export async function failureOf(promise: Promise<unknown>): Promise<PublicError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof PublicError) return outcome;
  throw new Error('Expected a PublicError.', { cause: outcome });
}

export const codeOf = async (promise: Promise<unknown>) => (await failureOf(promise)).code;
