import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openLink } from '../../src/photos/remote-source/download.ts';
import { startDnsServer } from '../support/dns-server.ts';
import {
  errorCodeOf,
  fetchPhoto,
  PRIVATE_ALLOWED,
  PUBLIC_ONLY,
  publicErrorOf,
} from '../support/remote-source.ts';
import {
  PHOTO,
  redirectTo,
  respondRaw,
  respondSlowly,
  startWebServer,
} from '../support/web-server.ts';

describe('openLink', () => {
  test('gives the bytes behind the link, and hangs up', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
    await site.allDisconnected();
  });

  test('says who asks, and passes on nothing else', async () => {
    await using site = await startWebServer(({ headers, url }, response) =>
      response.end(JSON.stringify({ url, ...headers })),
    );

    const asked = JSON.parse(
      String(await fetchPhoto(`${site.url}corgi.jpg?big#left`, PRIVATE_ALLOWED)),
    );

    expect(asked).toEqual({
      url: '/corgi.jpg?big',
      host: `127.0.0.1:${site.port}`,
      accept: 'image/*',
      'accept-encoding': 'identity',
      'user-agent': 'Portrait',
      connection: 'close',
    });
  });

  test('gives a photo whose length was not told', async () => {
    await using site = await startWebServer(respondRaw('HTTP/1.0 200 OK', '', 'a photo'));

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });

  test('gives compressed bytes as they came, never inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await using site = await startWebServer((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(bomb);
  });

  test('finds this machine by name when links may point at it', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(`http://localhost:${site.port}/`, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });
});

describe('openLink, redirected', () => {
  test('follows three redirects, relative ones too', async () => {
    await using site = await startWebServer(redirectTo('/1', './2', '?3'));

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
    await site.allDisconnected();
  });

  test.each([301, 302, 303, 307, 308])('follows a %i', async (status) => {
    await using site = await startWebServer(({ url }, response) =>
      url === '/' ? response.writeHead(status, { location: '/1' }).end() : response.end(PHOTO),
    );

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });

  test('hangs up on a page that sends it on before it goes there', async () => {
    let left: Promise<unknown> = Promise.resolve();
    await using site = await startWebServer(({ url }, response) => {
      if (url === '/1') return left.then(() => response.end(PHOTO));
      left = once(response, 'close');
      return respondSlowly(response.writeHead(302, { location: '/1' }));
    });

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });

  test('does not follow a fourth', async () => {
    await using site = await startWebServer(redirectTo('/1', '/2', '/3', '/4'));

    expect(await errorCodeOf(openLink(site.url, PRIVATE_ALLOWED))).toBe('PHOTO_SOURCE_UNREACHABLE');
    expect(site.connectionCount()).toBe(4);
    await site.allDisconnected();
  });

  test('leaves a loop', async () => {
    await using site = await startWebServer(redirectTo('/'));

    expect(await errorCodeOf(openLink(site.url, PRIVATE_ALLOWED))).toBe('PHOTO_SOURCE_UNREACHABLE');
  });

  test.each([
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    '//[fd00:ec2::254]/',
    'http://[::ffff:7f00:1]/',
    'http://user:pass@127.0.0.1/',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'data:image/png;base64,AAAA',
    'http://',
  ])('refuses to go on to %j', async (location) => {
    await using site = await startWebServer(redirectTo(location));

    expect(await errorCodeOf(openLink(site.url, PRIVATE_ALLOWED))).toBe('PHOTO_SOURCE_REFUSED');
    await site.allDisconnected();
  });

  test('keeps no cookie that was set on the way', async () => {
    await using site = await startWebServer(({ url, headers }, response) =>
      url === '/'
        ? response.writeHead(302, { location: '/1', 'set-cookie': 'a=1' }).end()
        : response.end(JSON.stringify(headers)),
    );

    const headers = JSON.parse(String(await fetchPhoto(site.url, PRIVATE_ALLOWED)));

    expect(Object.keys(headers)).not.toContain('cookie');
    expect(Object.keys(headers)).not.toContain('referer');
  });
});

describe('openLink, failing on the way', () => {
  const SENTENCE =
    'The photo behind the link could not be fetched. Check that the link opens in a browser that is not signed in, then try again.';

  test.each<[what: string, RequestListener]>([
    ['204', respondRaw('HTTP/1.1 204 No Content', '', '')],
    ['206', respondRaw('HTTP/1.1 206 Partial Content', 'Content-Length: 1', '', 'a')],
    ['302 without a location', respondRaw('HTTP/1.1 302 Found', '', '')],
    ['304', respondRaw('HTTP/1.1 304 Not Modified', '', '')],
    ['404 with a body', (_request, response) => response.writeHead(404).end(PHOTO)],
    ['500 without end', (_request, response) => respondSlowly(response.writeHead(500))],
    [
      '101, another protocol',
      respondRaw('HTTP/1.1 101 Switching Protocols', 'Upgrade: a', 'Connection: upgrade', '', ''),
    ],
    ['what is not HTTP', respondRaw('SSH-2.0-OpenSSH_9.9', '')],
    [
      'two lengths',
      respondRaw('HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2', '', 'ab'),
    ],
    [
      'more headers than anyone reads',
      respondRaw('HTTP/1.1 200 OK', `A: ${'a'.repeat(20_000)}`, '', ''),
    ],
    ['nothing', respondRaw('')],
  ])('says the same when the answer is %s', async (_what, answer) => {
    await using site = await startWebServer(answer);

    const failure = await publicErrorOf(
      openLink(site.url, { ...PRIVATE_ALLOWED, deadline: 2_000 }),
    );

    expect(failure.toJSON()).toEqual({
      message: SENTENCE,
      extensions: { code: 'PHOTO_SOURCE_UNREACHABLE', retryable: true },
    });
    await site.allDisconnected();
  });

  test('says the same when nobody listens', async () => {
    const site = await startWebServer(() => {});
    await site[Symbol.asyncDispose]();

    const failure = await publicErrorOf(openLink(site.url, PRIVATE_ALLOWED));

    expect(failure.message).toBe(SENTENCE);
    expect(failure.originalError).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('says the same when name servers fail', async () => {
    using _ = await startDnsServer(() => 'SERVFAIL');

    expect((await publicErrorOf(openLink('http://photos.test/', PUBLIC_ONLY))).message).toBe(
      SENTENCE,
    );
  });

  test.each<[string, RequestListener]>([
    ['its told length', respondRaw('HTTP/1.1 200 OK', 'Content-Length: 100', '', 'half')],
    [
      'its last chunk',
      respondRaw('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '4', 'half', ''),
    ],
  ])('fails, not ends, when a photo breaks off before %s', async (_what, answer) => {
    await using site = await startWebServer(answer);

    expect(await errorCodeOf(fetchPhoto(site.url, PRIVATE_ALLOWED))).toBe(
      'PHOTO_SOURCE_UNREACHABLE',
    );
  });
});
