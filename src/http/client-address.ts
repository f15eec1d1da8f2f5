import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** For sockets that are already closed or have no address. */
const UNSPECIFIED = '0.0.0.0';

/**
 * The client's IP address: the socket's, or with proxies in front of the API the `X-Forwarded-For` entry that the
 * outermost of them has added. Entries before it can be forged by the client. If that entry is not an address, the
 * socket's is used: all such clients then share one limit, instead of having none.
 *
 * @param proxies number of trusted proxies (TRUST_PROXY)
 * @returns an address that `isIP` accepts, without port
 */
export function clientAddress(
  { headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>,
  proxies: number,
): string {
  const socketAddress = parseAddress(socket.remoteAddress ?? '') ?? UNSPECIFIED;
  if (proxies === 0) return socketAddress;
  // Node joins repeated headers with a comma.
  const entries = String(headers['x-forwarded-for'] ?? '').split(',');
  return parseAddress(entries.at(-proxies) ?? entries[0] ?? '') ?? socketAddress;
}

/**
 * An address as proxies write it: with a port (Azure's Application Gateway), in brackets (RFC 7239), in quotes, with a
 * zone. Undefined for `unknown`, obfuscated identifiers such as `_hidden`, and everything else.
 */
function parseAddress(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, withPort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  const [address = ''] = (bracketed ?? withPort ?? text).split('%');
  return isIP(address) ? address : undefined;
}
