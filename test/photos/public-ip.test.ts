import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isLoopback,
  isPublic,
  resolveAddresses,
} from '../../src/photos/remote-source/public-ip.ts';
import { type DnsAnswer, startDnsServer } from '../support/dns-server.ts';

const PUBLIC = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '100.63.255.255', '100.128.0.0']
  .concat(['172.15.255.255', '172.32.0.0', '192.167.255.255', '198.20.0.0', '223.255.255.255'])
  .concat(['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450:4001:81b::200e']);

/** Everything of the two IANA registries that is not globally reachable, with an address or two inside it. */
const INSIDE: [reason: string, ...addresses: string[]][] = [
  ['this network, 0.0.0.0/8', '0.0.0.0', '0.1.2.3'],
  ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
  ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
  ['link-local, with the settings of cloud machines', '169.254.169.254', '169.254.170.2'],
  ['link-local, IPv6', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  ['protocol assignments', '192.0.0.1', '192.0.0.192', '2001:1::1'],
  ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  ['6to4 relay anycast', '192.88.99.1'],
  ['benchmarks', '198.18.0.1', '198.19.255.255', '2001:2::1'],
  ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  ['reserved', '240.0.0.1', '255.255.255.254', '4000::1', '100:0:0:1::1', 'e000::1'],
  ['broadcast', '255.255.255.255'],
  ['the platform address of Azure', '168.63.129.16'],
  ['unspecified', '::'],
  ['discard', '100::1'],
  ['ORCHID', '2001:10::1', '2001:20::1'],
  ['segment routing', '5f00::1'],
  ['unique local', 'fc00::1', 'fd00::1', 'fd00:ec2::254'],
  ['site-local', 'fec0::1'],
  ['mapped', '::ffff:7f00:1', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
  ['compatible', '::7f00:1', '::10.0.0.1', '::8.8.8.8'],
  ['translated', '::ffff:0:10.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1', '64:ff9b:1:ffff::a00:1'],
  ['6to4', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:808:808::1'],
  ['Teredo', '2001::1', '2001:0:4136:e378:8000:63bf:80ff:fffe'],
  ['ISATAP', '2606:4700::5efe:10.0.0.1', '2a00::200:5efe:7f00:1', 'fe80::5efe:10.0.0.1'],
];

describe('isPublic', () => {
  test.each(PUBLIC)('allows the public address %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  test.each(INSIDE)('rejects %s addresses', (_reason, ...addresses) => {
    expect(addresses.filter(isPublic)).toEqual([]);
  });

  test.each(['', 'photos.test', '127.1', '0x7f000001', '2130706433', '[::1]', '1.1.1.1 '])(
    'rejects %j, which is not an IP address',
    (text) => {
      expect(isPublic(text)).toBe(false);
    },
  );
});

/** Of IPv4, base and prefix length of all that must stay out of reach. */
const INSIDE_IPV4 =
  `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15
  198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`.split(/\s+/);

/** The same of IPv6, beside the forms that carry IPv4; ::/3 and 4000::/2 and 8000::/1 are all but 2000::/3. */
const INSIDE_IPV6 =
  `::/3 4000::/2 8000::/1 fc00::/7 fe80::/10 fec0::/10 ff00::/8 100::/64 64:ff9b::/96 64:ff9b:1::/48
  ::ffff:0:0/96 2001::/23 2001:db8::/32 2002::/16 3fff::/20 2620:4f:8000::/48`.split(/\s+/);

const UINT32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** Numbers of `bits` bits that begin like `base` for as long as `prefix` says. */
function within(base: bigint, prefix: number, bits: 32 | 128): fc.Arbitrary<bigint> {
  const free = BigInt(bits - prefix);
  return fc
    .bigInt({ min: 0n, max: (1n << free) - 1n })
    .map((rest) => ((base >> free) << free) | rest);
}

const quad = (ip: bigint) => [24n, 16n, 8n, 0n].map((shift) => (ip >> shift) & 255n).join('.');
const number4 = (text: string) =>
  text.split('.').reduce((ip, part) => ip * 256n + BigInt(part), 0n);

/** Eight groups of 16 bits, in full. */
const groups = (ip: bigint) =>
  Array.from({ length: 8 }, (_, group) => (ip >> BigInt(112 - 16 * group)) & 0xffffn)
    .map((part) => part.toString(16))
    .join(':');

function number6(text: string): bigint {
  const [head = '', tail = ''] = text
    .split('::')
    .map((half) => half.split(':').filter(Boolean))
    .map((parts) => parts.map((part) => part.padStart(4, '0')).join(''));
  return BigInt(`0x${head.padEnd(32 - tail.length, '0')}${tail}`);
}

const range = (text: string, read: (base: string) => bigint, bits: 32 | 128) => {
  const [base = '', prefix] = text.split('/');
  return within(read(base), Number(prefix), bits);
};
const insideIpv4 = fc.oneof(...INSIDE_IPV4.map((text) => range(text, number4, 32)));
const insideIpv6 = fc.oneof(...INSIDE_IPV6.map((text) => range(text, number6, 128)));

/** All the ways in which URLs may spell an IPv4 address (WHATWG URL, 3.5). */
const SPELLINGS: ((ip: bigint) => string)[] = [
  quad,
  (ip) => `${quad(ip)}.`,
  String,
  (ip) => `0x${ip.toString(16)}`,
  (ip) => `0${ip.toString(8)}`,
  (ip) => `${ip >> 24n}.${ip & 0xff_ffffn}`,
  (ip) => `${ip >> 24n}.0x${((ip >> 16n) & 255n).toString(16)}.0${(ip & 0xffffn).toString(8)}`,
  (ip) => quad(ip).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
];

/** All the ways in which an IPv6 address may carry an IPv4 one, behind a public prefix where there is one. */
const CARRIERS: ((ip: bigint) => bigint)[] = [
  (ip) => ip, // compatible
  (ip) => (0xffffn << 32n) | ip, // mapped
  (ip) => (0xffff_0000n << 32n) | ip, // translated
  (ip) => number6('64:ff9b::') | ip,
  (ip) => number6('64:ff9b:1::') | ip,
  (ip) => number6('2002::') | (ip << 80n),
  (ip) => number6('2001::') | (ip << 64n), // Teredo, the server
  (ip) => number6('2001::') | (ip ^ 0xffff_ffffn), // Teredo, the client
  (ip) => number6('2606:4700::5efe:0:0') | ip, // ISATAP
  (ip) => number6('2606:4700::200:5efe:0:0') | ip,
];

/** The host as a URL reads it: what `downloadPhoto` really goes by. */
const hostOf = (host: string) => new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '');

describe('isPublic, of any address', () => {
  test('refuses every IPv4 address inside, however a link spells it', () => {
    fc.assert(
      fc.property(insideIpv4, fc.constantFrom(...SPELLINGS), (ip, spell) => {
        expect(isPublic(hostOf(spell(ip)))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('refuses every IPv6 address inside', () => {
    fc.assert(
      fc.property(insideIpv6, (ip) => {
        expect(isPublic(hostOf(`[${groups(ip)}]`))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('rejects every IPv4 address embedded in an IPv6 address, even a public one', () => {
    const anyIpv4 = fc.oneof(insideIpv4, UINT32.map(BigInt));
    fc.assert(
      fc.property(anyIpv4, fc.constantFrom(...CARRIERS), (ip, carry) => {
        expect(isPublic(hostOf(`[${groups(carry(ip))}]`))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('classifies no address as both loopback and public', () => {
    const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
    const property = fc.property(
      anyAddress,
      (address) => !(isPublic(address) && isLoopback(address)),
    );

    expect(() => fc.assert(property)).not.toThrow();
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', false],
  ['10.0.0.1', false],
  ['localhost', false],
])('isLoopback(%j) is %j', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

describe('resolveAddresses', () => {
  const { signal } = new AbortController();
  const named = (answer: DnsAnswer, ipv6Answer = answer) =>
    startDnsServer((_name, type) => (type === 'A' ? answer : ipv6Answer));

  test('returns all IPv4 and IPv6 addresses of a name', async () => {
    using _ = await named(['1.1.1.1', '2.2.2.2', '2606:4700::1']);

    expect(await resolveAddresses('photos.test', signal)).toEqual([
      { address: '1.1.1.1', family: 4 },
      { address: '2.2.2.2', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
  });

  test('resolves IP addresses and localhost without name servers', async () => {
    using _ = await named('SERVFAIL');

    expect(await resolveAddresses('1.1.1.1', signal)).toEqual([{ address: '1.1.1.1', family: 4 }]);
    expect(await resolveAddresses('[::1]', signal)).toEqual([{ address: '::1', family: 6 }]);
    for (const host of ['localhost', 'localhost.', 'photos.localhost']) {
      expect(await resolveAddresses(host, signal)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    }
  });

  test.each<[DnsAnswer]>([['NXDOMAIN'], [[]]])(
    'returns no address for the response %j',
    async (answer) => {
      using _ = await named(answer);

      expect(await resolveAddresses('photos.test', signal)).toEqual([]);
    },
  );

  test('returns no address for a name that is too long for DNS', async () => {
    using _ = await named(['1.1.1.1']);

    expect(await resolveAddresses(`${'a'.repeat(64)}.test`, signal)).toEqual([]);
  });

  test('returns one address family when the query for the other fails', async () => {
    using _ = await named(['1.1.1.1'], 'SERVFAIL');

    expect(await resolveAddresses('photos.test', signal)).toEqual([
      { address: '1.1.1.1', family: 4 },
    ]);
  });

  test('fails when one query fails and the other has no result: there may be addresses', async () => {
    using _ = await named('NXDOMAIN', 'SERVFAIL');

    await expect(resolveAddresses('photos.test', signal)).rejects.toMatchObject({
      code: 'ESERVFAIL',
    });
  });

  test('is aborted by the signal while a name server does not respond', async () => {
    const caller = new AbortController();
    using _ = await startDnsServer(() => {
      caller.abort();
      return 'silence';
    });

    const addresses = resolveAddresses('photos.test', caller.signal);

    await expect(addresses).rejects.toMatchObject({ code: 'ECANCELLED' });
  });
});
