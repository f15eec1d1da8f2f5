import { createHmac, hkdfSync } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { AppConfig } from '../config.ts';
import type { Viewer } from './viewer.ts';

/**
 * Names of counters: HMAC-SHA-256 with a key that only the server has, so that a leaked table cannot be matched against a
 * list of addresses or ids. Rotating the secret resets all counters.
 */
export function openRateLimitKeys({ jwtSecret, callbackSecrets: [callbackSecret] }: Secrets) {
  const secret = jwtSecret ?? callbackSecret;
  if (!secret) throw new Error('Set JWT_SECRET or CALLBACK_SECRET.');
  // A derived key (RFC 5869), so that these names reveal nothing about the key that signs tokens or callbacks.
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'portrait rate limits', 32));
  const nameOf = (kind: string, text: string) =>
    createHmac('sha256', key).update(`${kind} ${text}`).digest('base64url');

  return {
    /**
     * Keyed by issuer and subject if present: someone who deletes their account and signs in with the provider again gets
     * a new id, but must not get a new allowance.
     */
    user: ({ id, subject }: Counted) =>
      subject ? nameOf('subject', JSON.stringify([subject.iss, subject.sub])) : nameOf('user', id),
    /** @param emailKey `emailKeyOf` the address; undefined if it is not an address: these share one counter */
    email: (emailKey: string | undefined) => nameOf('email', emailKey ?? ''),
    network: (address: string) => nameOf('network', network(address)),
  };
}

type Counted = Pick<Viewer, 'id' | 'subject'>;
type Secrets = Pick<AppConfig, 'jwtSecret' | 'callbackSecrets'>;

/** The network of one household or machine: one IPv4 address, or an IPv6 /64. */
export function network(address: string): string {
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? parsed.toByteArray().slice(0, 8).join('.')
    : parsed.toString();
}
