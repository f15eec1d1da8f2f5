import type { IncomingMessage } from 'node:http';
import { finished, type Readable, Transform } from 'node:stream';
import { PublicError } from '../../errors.ts';
import { type FetchOptions, fetchPublicUrl, parseUrl } from './fetch-public-url.ts';

/** Clients wait about 30 s for a response; half of that is left for processing. */
const DOWNLOAD_TIMEOUT_MS = 15_000;

const MAX_REDIRECTS = 3;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

export interface DownloadOptions {
  maxBytes: number;
  /** For tests: also allows loopback addresses, and any port. */
  allowPrivate: boolean;
  /** For everything from DNS to the last byte, including the time in which the caller does not read. */
  timeoutMs?: number;
  /** Aborted when the caller no longer needs the photo. */
  signal?: AbortSignal;
}

/**
 * Opens a photo at a URL as a stream of at most `maxBytes`. The caller reads it to the end or destroys it. The stream ends only
 * when the response is complete; if the connection breaks, it fails with one of the errors below.
 *
 * The URL is untrusted (SSRF): see `fetchPublicUrl`. Every network failure has the same message, so that callers cannot scan
 * other hosts through us.
 *
 * @throws PublicError PHOTO_SOURCE_REFUSED, PHOTO_SOURCE_UNREACHABLE, PHOTO_TOO_LARGE; the reason of `signal`
 */
export async function downloadPhoto(link: string, options: DownloadOptions): Promise<Readable> {
  const { maxBytes, allowPrivate, timeoutMs = DOWNLOAD_TIMEOUT_MS, signal: caller } = options;
  caller?.throwIfAborted();
  const closing = new AbortController();
  const close = () => closing.abort();
  const timer = setTimeout(close, timeoutMs);
  closing.signal.addEventListener('abort', () => clearTimeout(timer));
  caller?.addEventListener('abort', close, { signal: closing.signal });
  const errorOf = (error: unknown) => (caller?.aborted ? caller.reason : unreachable(error));

  try {
    const response = await followRedirects(link, { allowPrivate, signal: closing.signal });
    const photo = limitSize(response, maxBytes).once('close', close);
    finished(response, (error) => error && photo.destroy(errorOf(error)));
    return response.pipe(photo);
  } catch (error) {
    close();
    throw errorOf(error);
  }
}

/** @returns the first response that is not a redirect; its status is 200 */
async function followRedirects(link: string, options: FetchOptions): Promise<IncomingMessage> {
  let url = parseUrl(link, options.allowPrivate);
  for (let redirects = 0; ; redirects++) {
    const response = await fetchPublicUrl(url, options);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;

    response.destroy();
    const location = REDIRECT_STATUSES.includes(statusCode) ? headers.location : undefined;
    if (location === undefined || redirects === MAX_REDIRECTS) {
      throw new Error(`Status ${statusCode} after ${redirects} redirects.`);
    }
    url = parseUrl(location, options.allowPrivate, url);
  }
}

/** Content-Length allows an early rejection, but it is untrusted: the received bytes are counted. */
function limitSize(response: IncomingMessage, maxBytes: number): Transform {
  const announced = Number(response.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes, announced);

  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      bytes += chunk.length;
      next(bytes > maxBytes ? tooLarge(maxBytes) : null, chunk);
    },
  });
}

const tooLarge = (limit: number, actual?: number) =>
  new PublicError(
    'PHOTO_TOO_LARGE',
    `The linked photo exceeds the limit of ${limit} bytes. Link to a smaller one.`,
    { limit, ...(actual !== undefined && { actual }) },
  );

const unreachable = (cause: unknown) =>
  cause instanceof PublicError
    ? cause
    : new PublicError(
        'PHOTO_SOURCE_UNREACHABLE',
        'The linked photo could not be downloaded. Check that the link opens in a private browser window, then try again.',
        { cause },
      );
