import type { LookupAddress } from 'node:dns';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { PublicError } from '../../errors.ts';
import { isLoopback, isPublic, resolveAddresses } from './public-ip.ts';

/** Much longer URLs carry data rather than the address of a photo. */
const MAX_URL_LENGTH = 2048;

/** Nothing of the caller's request is forwarded. Responses are neither requested compressed nor decompressed: no zip bombs. */
const HEADERS = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'Portrait' };

export interface FetchOptions {
  /** For tests: also allows loopback addresses, and any port. */
  allowPrivate: boolean;
  signal: AbortSignal;
}

/** The same error for every forbidden target, without facts or cause, so that it does not reveal which internal hosts exist. */
const sourceRefused = () =>
  new PublicError(
    'PHOTO_SOURCE_REFUSED',
    'This link is not allowed. Use a public http or https URL on the default port, without a user name or password.',
  );

/**
 * Sends a GET request to a public host, and only there (SSRF guard), on a connection that closes with the response.
 * It connects to the very addresses that were checked: resolving the name again could return others (DNS rebinding).
 *
 * @throws PublicError PHOTO_SOURCE_REFUSED when any address of the host is not public, or it has none; otherwise the
 *   network error
 */
export async function fetchPublicUrl(url: URL, options: FetchOptions): Promise<IncomingMessage> {
  const { allowPrivate, signal } = options;
  const addresses = await resolveAddresses(url.hostname, signal);
  const isAllowed = ({ address }: LookupAddress) =>
    isPublic(address) || (allowPrivate && isLoopback(address));
  if (addresses.length === 0 || !addresses.every(isAllowed)) throw sourceRefused();

  const { Agent, get } = url.protocol === 'https:' ? https : http;
  const lookup: LookupFunction = (_host, _options, found) => found(null, addresses);
  const agent = new Agent({ lookup, autoSelectFamily: true });
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: HEADERS, signal }, resolve)
      .on('error', reject)
      .on('close', () => reject(new Error('The connection closed without a response.')));
  });
}

/**
 * Parses a URL from the caller, or a `Location` header relative to `base`.
 *
 * @throws PublicError PHOTO_SOURCE_REFUSED
 */
export function parseUrl(text: string, allowPrivate: boolean, base?: URL): URL {
  const url = text.length <= MAX_URL_LENGTH ? URL.parse(text, base?.href) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw sourceRefused();
  if (url.username || url.password) throw sourceRefused();
  if (!['', '80', '443'].includes(url.port) && !allowPrivate) throw sourceRefused();
  // A redirect must not downgrade https to http.
  if (base?.protocol === 'https:' && url.protocol === 'http:') throw sourceRefused();
  return url;
}
