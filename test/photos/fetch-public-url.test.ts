import type { RequestListener } from 'node:http';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { downloadPhoto } from '../../src/photos/remote-source/download.ts';
import { createCertificate } from '../support/certificate.ts';
import { startDnsServer } from '../support/dns-server.ts';
import {
  errorCodeOf,
  fetchPhoto,
  PRIVATE_ALLOWED,
  PUBLIC_ONLY,
  publicErrorOf,
} from '../support/remote-source.ts';
import { PHOTO, redirectTo, startWebServer } from '../support/web-server.ts';

const REFUSED = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '017700000001', '127.0.0.1.'],
  ...[
    'localhost',
    'localhost.',
    'LOCALHOST',
    'photos.localhost',
    '１２７.0.0.1',
    '%31%32%37.0.0.1',
  ],
  ...['0.0.0.0', '0', '10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '169.254.169.254'],
  ...['[::]', '[::1]', '[fd00::1]', '[fe80::1]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]'],
  ...[
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
  ],
  ...[
    '[2001::1]',
    '[2606:4700::5efe:7f00:1]',
    'user:pass@1.1.1.1',
    'user@1.1.1.1',
    ':pass@1.1.1.1',
  ],
  ...['1.1.1.1:22', '1.1.1.1:8080', '1.1.1.1:0', '1.1.1.1:65536'],
].map((target) => `http://${target}`);

describe('downloadPhoto, forbidden URLs', () => {
  test.each([
    ...REFUSED,
    ...REFUSED.map((link) => link.replace('http:', 'https:')),
    ...['', 'corgi.jpg', '//1.1.1.1/', 'http://', 'https://[::1', 'http://1.1.1.256/'],
    ...['file:///etc/passwd', 'ftp://1.1.1.1/', 'data:image/png;base64,AAAA', 'gopher://1.1.1.1/'],
    ...['blob:http://1.1.1.1/', 'javascript:alert(1)', 'ws://1.1.1.1/', 'unix:/tmp/socket'],
  ])('rejects %s with the same error as any other', async (link) => {
    const failure = await publicErrorOf(downloadPhoto(link, PUBLIC_ONLY));

    expect(failure.toJSON()).toEqual({
      message:
        'This link is not allowed. Use a public http or https URL on the default port, without a user name or password.',
      extensions: { code: 'PHOTO_SOURCE_REFUSED', retryable: false },
    });
    expect(failure.originalError).toBeUndefined();
  });

  test('accepts URLs of at most 2048 characters', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));
    const link = site.url.padEnd(2048, 'a');

    expect(await fetchPhoto(link, PRIVATE_ALLOWED)).toEqual(PHOTO);
    expect(await errorCodeOf(downloadPhoto(`${link}a`, PRIVATE_ALLOWED))).toBe(
      'PHOTO_SOURCE_REFUSED',
    );
  });

  test.each([
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://169.254.169.254/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://a:b@127.0.0.1/',
  ])('rejects %s even when loopback addresses are allowed', async (link) => {
    expect(await errorCodeOf(downloadPhoto(link, PRIVATE_ALLOWED))).toBe('PHOTO_SOURCE_REFUSED');
  });
});

describe('downloadPhoto, host names', () => {
  const photos = (_name: string, type: 'A' | 'AAAA') => (type === 'A' ? ['127.0.0.1'] : []);

  test('resolves a name once and connects to the address that was checked', async () => {
    const asked: string[] = [];
    using _ = await startDnsServer((name, type) => {
      const answer = asked.length < 2 ? photos(name, type) : ['10.0.0.1'];
      asked.push(`${name} ${type}`);
      return answer;
    });
    await using site = await startWebServer(({ headers }, response) => response.end(headers.host));

    const host = await fetchPhoto(`http://photos.test:${site.port}/`, PRIVATE_ALLOWED);

    expect(String(host)).toBe(`photos.test:${site.port}`);
    expect(asked.toSorted()).toEqual(['photos.test A', 'photos.test AAAA']);
  });

  test('checks the name again on every redirect, even to the same name', async () => {
    let asked = 0;
    using _ = await startDnsServer((name, type) =>
      asked++ < 2 ? photos(name, type) : ['10.0.0.1'],
    );
    await using site = await startWebServer(redirectTo('/1'));

    const code = await errorCodeOf(
      downloadPhoto(`http://photos.test:${site.port}/`, PRIVATE_ALLOWED),
    );

    expect(code).toBe('PHOTO_SOURCE_REFUSED');
    expect(site.connectionCount()).toBe(1);
  });

  test.each([
    [['127.0.0.1', '10.0.0.1']],
    [['127.0.0.1', 'fd00::1']],
    [['127.0.0.1', '::ffff:10.0.0.1']],
  ])('rejects a name with the addresses %j, one of which is not public', async (addresses) => {
    using _ = await startDnsServer(() => addresses);
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    const code = await errorCodeOf(
      downloadPhoto(`http://photos.test:${site.port}/`, PRIVATE_ALLOWED),
    );

    expect(code).toBe('PHOTO_SOURCE_REFUSED');
    expect(site.connectionCount()).toBe(0);
  });

  test('rejects an internal name with the same error as a nonexistent one', async () => {
    using _ = await startDnsServer((name) => (name === 'inside.test' ? ['10.0.0.1'] : 'NXDOMAIN'));

    const inside = await publicErrorOf(downloadPhoto('http://inside.test/', PUBLIC_ONLY));
    const nowhere = await publicErrorOf(downloadPhoto('http://nowhere.test/', PUBLIC_ONLY));

    expect(inside.toJSON()).toEqual(nowhere.toJSON());
    expect(inside.code).toBe('PHOTO_SOURCE_REFUSED');
  });

  test('tries the next address of a name when the first does not respond', async () => {
    using _ = await startDnsServer(() => ['127.0.0.2', '127.0.0.1']);
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(`http://photos.test:${site.port}/`, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });
});

describe.skipIf(!tls.setDefaultCACertificates)('downloadPhoto, over https', () => {
  const certificate = createCertificate('photos.test');
  const trusting = () => {
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([certificate.cert]);
    return { [Symbol.dispose]: () => tls.setDefaultCACertificates(before) };
  };
  const here = () => startDnsServer(() => ['127.0.0.1']);
  const secure = (answer: RequestListener) => startWebServer(answer, certificate);

  test('connects to the checked address and verifies the certificate of the host name', async () => {
    using _trust = trusting();
    using _names = await here();
    await using site = await secure((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(`https://photos.test:${site.port}/`, PRIVATE_ALLOWED)).toEqual(PHOTO);
    await site.allDisconnected();
  });

  test.each(['other.test', '127.0.0.1'])(
    'rejects the certificate of another host for %s',
    async (host) => {
      using _trust = trusting();
      using _names = await here();
      await using site = await secure((_request, response) => response.end(PHOTO));

      const failure = await publicErrorOf(
        downloadPhoto(`https://${host}:${site.port}/`, PRIVATE_ALLOWED),
      );

      expect(failure.code).toBe('PHOTO_SOURCE_UNREACHABLE');
      expect(failure.originalError).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    },
  );

  test('rejects an untrusted certificate', async () => {
    using _names = await here();
    await using site = await secure((_request, response) => response.end(PHOTO));

    const code = await errorCodeOf(
      downloadPhoto(`https://photos.test:${site.port}/`, PRIVATE_ALLOWED),
    );

    expect(code).toBe('PHOTO_SOURCE_UNREACHABLE');
  });

  test('rejects a redirect from https to http', async () => {
    using _trust = trusting();
    using _names = await here();
    await using plain = await startWebServer((_request, response) => response.end(PHOTO));
    await using site = await secure(redirectTo(plain.url));

    const code = await errorCodeOf(
      downloadPhoto(`https://photos.test:${site.port}/`, PRIVATE_ALLOWED),
    );

    expect(code).toBe('PHOTO_SOURCE_REFUSED');
    expect(plain.connectionCount()).toBe(0);
  });
});
