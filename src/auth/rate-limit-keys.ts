import { createHmac, hkdfSync } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { AppConfig } from '../config.ts';
import type { Viewer } from './viewer.ts';

/**
 * The names that counters carry: HMAC-SHA-256 under a key that only the server has, so that nobody who reads the table
 * can test a list of addresses or ids against it. Rotating the secret resets all counters.
 */
export function openRateLimitKeys({ jwtSecret, callbackSecrets: [callbackSecret] }: Secrets) {
  const secret = jwtSecret ?? callbackSecret;
  if (!secret) throw new Error('Set JWT_SECRET or CALLBACK_SECRET.');
  // A key of its own (RFC 5869): what is seen of it says nothing about the signatures of tokens or callbacks.
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'portrait rate limits', 32));
  const nameOf = (kind: string, text: string) =>
    createHmac('sha256', key).update(`${kind} ${text}`).digest('base64url');

  return {
    /**
     * By issuer and subject where there are some: a person who deletes their account and signs in with the provider again
     * has another id, and must not have another allowance.
     */
    user: ({ id, subject }: Counted) =>
      subject ? nameOf('subject', JSON.stringify([subject.iss, subject.sub])) : nameOf('user', id),
    /** @param emailKey `emailKeyOf` the address; undefined for a text that is not one: all share one name */
    email: (emailKey: string | undefined) => nameOf('email', emailKey ?? ''),
    network: (address: string) => nameOf('network', network(address)),
  };
}

type Counted = Pick<Viewer, 'id' | 'subject'>;
type Secrets = Pick<AppConfig, 'jwtSecret' | 'callbackSecrets'>;

/** What one household or machine has: one IPv4 address, 2^64 IPv6 addresses. */
export function network(address: string): string {
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? parsed.toByteArray().slice(0, 8).join('.')
    : parsed.toString();
}
