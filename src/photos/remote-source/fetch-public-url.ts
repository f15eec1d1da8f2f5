import type { LookupAddress } from 'node:dns';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { PublicError } from '../../errors.ts';
import { addressesOf, isLoopback, isPublic } from './public-ip.ts';

/** Characters of a link; far longer ones are no addresses of photos but carry something. */
const MAX_LENGTH = 2048;

/** Nothing of the caller's request is passed on. Compression is not asked for, and never undone: no bomb can go off. */
const HEADERS = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'Portrait' };

export interface VisitOptions {
  /** For tests: links may also point at this machine, and at any port. */
  allowPrivate: boolean;
  signal: AbortSignal;
}

/** One answer for every target we do not go to, so that it cannot tell what exists inside: no facts, no cause. */
const refused = () =>
  new PublicError(
    'PHOTO_SOURCE_REFUSED',
    'This link is not accepted. Give a public http or https address on its usual port, without user name and password.',
  );

/**
 * Asks for one page on a connection of its own, that closes with the answer.
 * The connection goes to the very addresses that were checked: asking for the name again could bring others.
 *
 * @throws PublicError PHOTO_SOURCE_REFUSED when any address of the host is not public, or there is none;
 *   whatever goes wrong on the way
 */
export async function visit(url: URL, options: VisitOptions): Promise<IncomingMessage> {
  const { allowPrivate, signal } = options;
  const addresses = await addressesOf(url.hostname, signal);
  const isAllowed = ({ address }: LookupAddress) =>
    isPublic(address) || (allowPrivate && isLoopback(address));
  if (addresses.length === 0 || !addresses.every(isAllowed)) throw refused();

  const { Agent, get } = url.protocol === 'https:' ? https : http;
  const lookup: LookupFunction = (_host, _options, found) => found(null, addresses);
  const agent = new Agent({ lookup, autoSelectFamily: true });
  return new Promise((answered, failed) => {
    get(url, { agent, headers: HEADERS, signal }, answered)
      .on('error', failed)
      .on('close', () => failed(new Error('The connection closed without an answer.')));
  });
}

/**
 * Reads a link of the caller, or the `Location` that the page `base` answered with.
 *
 * @throws PublicError PHOTO_SOURCE_REFUSED
 */
export function readLink(link: string, allowPrivate: boolean, base?: URL): URL {
  const url = link.length <= MAX_LENGTH ? URL.parse(link, base?.href) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw refused();
  if (url.username || url.password) throw refused();
  if (!['', '80', '443'].includes(url.port) && !allowPrivate) throw refused();
  // Who asked for https is not sent on in the clear.
  if (base?.protocol === 'https:' && url.protocol === 'http:') throw refused();
  return url;
}
