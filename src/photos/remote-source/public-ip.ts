import dns, { type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** @see https://www.iana.org/assignments/ipv6-address-space: the only part that is handed out to anyone. */
const GLOBAL_UNICAST_IPV6 = ipaddr.parseCIDR('2000::/3');

/** Looks public, yet answers every machine on Azure with that machine's own settings. */
const AZURE_PLATFORM = '168.63.129.16';

/**
 * True when an address belongs to the open internet; whatever is not known to be global unicast does not.
 * An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64, ISATAP) is never public:
 * a router on the way may unwrap it into this network.
 *
 * @param address as `URL` and name servers write it
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  const ip = ipaddr.parse(address);
  if (ip.range() !== 'unicast') return false;
  if (ip instanceof ipaddr.IPv4) return address !== AZURE_PLATFORM;
  return ip.match(GLOBAL_UNICAST_IPV6) && !isIsatap(ip);
}

/** RFC 5214 6.1: any network, then 0000:5EFE or (globally unique) 0200:5EFE, then an IPv4 address. */
const isIsatap = ({ parts: [, , , , flags = 0, mark] }: ipaddr.IPv6) =>
  (flags & ~0x0300) === 0 && mark === 0x5efe;

/** True for 127.0.0.0/8 and ::1. */
export const isLoopback = (address: string) =>
  isIP(address) !== 0 && ipaddr.parse(address).range() === 'loopback';

/** ms. A name server gets 2 s, then 4 s; Node's own 4 tries, 26 s in all, outlast every caller. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/** What name servers say of a name that has no address. */
const NO_ADDRESS = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

/**
 * Every address of a host, IPv4 first; none when the name has none.
 *
 * Asks the name servers itself and not through `dns.lookup`: Node runs only two of those at a time and cannot call
 * them off, so two links to a name server that keeps silent would hold up every other lookup of this process, those
 * of the bucket and the image function too, for 10 s (measured). The machine's hosts file is therefore not read.
 *
 * @param host `hostname` of a URL: a name, an IPv4 address, or an IPv6 address in brackets
 * @throws what the name servers failed with, also when called off
 */
export async function addressesOf(host: string, signal: AbortSignal): Promise<LookupAddress[]> {
  const literal = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) !== 0) return [{ address: literal, family: isIP(literal) }];
  // RFC 6761 6.3: localhost names this machine, and name servers are not asked.
  if (/(^|\.)localhost\.?$/.test(host)) return [{ address: '127.0.0.1', family: 4 }];

  const resolver = new Resolver(PATIENCE);
  // A resolver of its own does not heed `dns.setServers`; nor would `getServers`, imported by name.
  resolver.setServers(dns.getServers());
  signal.addEventListener('abort', () => resolver.cancel());
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = answers.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
  const failures = answers.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []));
  const failure = failures.find(({ code }) => !NO_ADDRESS.includes(code));
  if (addresses.length === 0 && failure) throw failure;
  return addresses.map((address) => ({ address, family: isIP(address) }));
}
