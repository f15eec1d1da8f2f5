import dns, { type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The only part of IPv6 that is allocated. @see https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_UNICAST_IPV6 = ipaddr.parseCIDR('2000::/3');

/** In a public range, but on Azure it serves each machine its own configuration. */
const AZURE_PLATFORM = '168.63.129.16';

/**
 * Whether an address belongs to the public internet; only global unicast addresses do.
 * An IPv6 address that embeds an IPv4 one (mapped, 6to4, Teredo, NAT64, ISATAP) is never public: a router on the path may
 * translate it into an address of this network.
 *
 * @param address as formatted by `URL` and name servers
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

/** Whether an address is in 127.0.0.0/8 or is ::1. */
export const isLoopback = (address: string) =>
  isIP(address) !== 0 && ipaddr.parse(address).range() === 'loopback';

/** Timeout in ms: 2 s for the first attempt, 4 s for the second. Node's default of 4 attempts takes 26 s, longer than callers wait. */
const DNS_RETRY = { timeout: 2_000, tries: 2 };

/** Errors for a name that has no address. */
const NO_ADDRESS = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

/**
 * Resolves a host to all of its addresses, IPv4 first; none when the name has none.
 *
 * Queries the name servers itself instead of calling `dns.lookup`: Node runs only two of those at once and cannot cancel
 * them, so two URLs with an unresponsive name server would delay every other lookup of this process, such as those for the
 * bucket and the image API, by 10 s (measured). The hosts file is therefore not read.
 *
 * @param host `hostname` of a URL: a name, an IPv4 address, or an IPv6 address in brackets
 * @throws the error of the name servers, ECANCELLED when aborted
 */
export async function resolveAddresses(
  host: string,
  signal: AbortSignal,
): Promise<LookupAddress[]> {
  const literal = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) !== 0) return [{ address: literal, family: isIP(literal) }];
  // RFC 6761 6.3: localhost is this machine, and must not be sent to name servers.
  if (/(^|\.)localhost\.?$/.test(host)) return [{ address: '127.0.0.1', family: 4 }];

  const resolver = new Resolver(DNS_RETRY);
  // A resolver ignores `dns.setServers`, and so does `getServers` when it is imported by name.
  resolver.setServers(dns.getServers());
  signal.addEventListener('abort', () => resolver.cancel());
  const results = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = results.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
  const failures = results.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []));
  const failure = failures.find(({ code }) => !NO_ADDRESS.includes(code));
  if (addresses.length === 0 && failure) throw failure;
  return addresses.map((address) => ({ address, family: isIP(address) }));
}
