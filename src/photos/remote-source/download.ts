import type { IncomingMessage } from 'node:http';
import { finished, type Readable, Transform } from 'node:stream';
import { PublicError } from '../../errors.ts';
import { readLink, type VisitOptions, visit } from './fetch-public-url.ts';

/** ms: clients wait about 30 s for an answer, and half of that is left for the picture. */
const DEADLINE = 15_000;

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/** How much, from where and for how long a link is followed. */
export interface LinkOptions {
  /** bytes accepted */
  maxBytes: number;
  /** For tests: links may also point at this machine, and at any port. */
  allowPrivate: boolean;
  /** ms for everything: names, redirects, last byte; a caller who reads slowly uses it up, too */
  deadline?: number;
  /** The caller's, who may leave before the photo is there. */
  signal?: AbortSignal;
}

/**
 * Opens the photo behind a link as a stream of at most `maxBytes`; the caller reads it to its end or destroys it.
 * A stream that ends has brought all that the server promised; one that broke off fails as below.
 *
 * Links are written by strangers, who may be after what only this machine can reach: see `visit`.
 * The sentence for a failure on the way does not say which: a caller must not scan others through us.
 *
 * @throws PublicError PHOTO_SOURCE_REFUSED, PHOTO_SOURCE_UNREACHABLE, PHOTO_TOO_LARGE; the reason of `signal`
 */
export async function openLink(link: string, options: LinkOptions): Promise<Readable> {
  const { maxBytes, allowPrivate, deadline = DEADLINE, signal: caller } = options;
  caller?.throwIfAborted();
  const over = new AbortController();
  const leave = () => over.abort();
  const timer = setTimeout(leave, deadline);
  over.signal.addEventListener('abort', () => clearTimeout(timer));
  caller?.addEventListener('abort', leave, { signal: over.signal });
  const explain = (error: unknown) => (caller?.aborted ? caller.reason : unreachable(error));

  try {
    const answer = await follow(link, { allowPrivate, signal: over.signal });
    const photo = limit(answer, maxBytes).once('close', leave);
    finished(answer, (error) => error && photo.destroy(explain(error)));
    return answer.pipe(photo);
  } catch (error) {
    leave();
    throw explain(error);
  }
}

/** The first answer on the way from the link that is no redirect; it is a 200. */
async function follow(link: string, options: VisitOptions): Promise<IncomingMessage> {
  let url = readLink(link, options.allowPrivate);
  for (let redirects = 0; ; redirects++) {
    const answer = await visit(url, options);
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) return answer;

    answer.destroy();
    const location = REDIRECTS.includes(statusCode) ? headers.location : undefined;
    if (location === undefined || redirects === MAX_REDIRECTS) {
      throw new Error(`Answered ${statusCode} after ${redirects} redirects.`);
    }
    url = readLink(location, options.allowPrivate, url);
  }
}

/** A told length saves reading in vain; it is not believed: the bytes that come are counted. */
function limit(answer: IncomingMessage, maxBytes: number): Transform {
  const told = Number(answer.headers['content-length'] ?? 0);
  if (told > maxBytes) throw tooLarge(maxBytes, told);

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
    `The photo behind the link is larger than the ${limit} bytes accepted. Link to a smaller one.`,
    { limit, ...(actual !== undefined && { actual }) },
  );

const unreachable = (cause: unknown) =>
  cause instanceof PublicError
    ? cause
    : new PublicError(
        'PHOTO_SOURCE_UNREACHABLE',
        'The photo behind the link could not be fetched. Check that the link opens in a browser that is not signed in, then try again.',
        { cause },
      );
