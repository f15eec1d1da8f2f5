/**
 * Host header check of the laptop mode. A web page can make its own name resolve to 127.0.0.1 (DNS rebinding) and then
 * has the same origin as the API; the Host header still contains the page's name (ADR 0015).
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

type Known = Pick<Config, 'host' | 'corsOrigins'>;

/** Misdirected Request: not meant for this server (RFC 9110, 15.5.20). */
export const MISDIRECTED = 421;

export const UNKNOWN_HOST =
  'The Host header names another server. Use localhost or an IP address, or add the origin to CORS_ORIGINS.';

/**
 * Rejects requests with an unknown Host header, including WebSocket upgrades. `X-Forwarded-Host` is not read, whatever
 * TRUST_PROXY is: after DNS rebinding a page can send that header, too.
 */
export function refuseUnknownHosts(server: FastifyInstance, known: Known) {
  const isKnown = knownHosts(known);
  server.addHook('onRequest', ({ headers }, reply, done) => {
    if (isKnown(headers.host)) done();
    else reply.code(MISDIRECTED).header('connection', 'close').send({ message: UNKNOWN_HOST });
  });
}

/**
 * Whether a Host header is this machine's: `localhost` and names below it, any IP address, HOST, the machine's name, and
 * the hosts of CORS_ORIGINS. Ports are ignored. Requests without a Host header pass: they do not come from a browser.
 */
export function knownHosts({ host, corsOrigins }: Known): (header: string | undefined) => boolean {
  const machine = hostname().toLowerCase();
  const names = new Set(['localhost', host.toLowerCase(), machine, `${machine}.local`]);
  for (const origin of corsOrigins) names.add(new URL(origin).hostname);

  return (header) => {
    if (header === undefined) return true;
    const name = URL.parse(`http://${header}`)?.hostname.replace(/\.$/, '') ?? '';
    return names.has(name) || name.endsWith('.localhost') || isIP(name.replace(/^\[|\]$/g, '')) > 0;
  };
}
