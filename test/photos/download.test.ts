import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { downloadPhoto } from '../../src/photos/remote-source/download.ts';
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

describe('downloadPhoto', () => {
  test('returns the bytes and closes the connection', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
    await site.allDisconnected();
  });

  test('sends its own User-Agent and forwards nothing else', async () => {
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

  test('returns a photo without Content-Length', async () => {
    await using site = await startWebServer(respondRaw('HTTP/1.0 200 OK', '', 'a photo'));

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });

  test('returns compressed bytes without decompressing them', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await using site = await startWebServer((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(bomb);
  });

  test('resolves localhost when loopback addresses are allowed', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(`http://localhost:${site.port}/`, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });
});

describe('downloadPhoto, redirects', () => {
  test('follows three redirects, including relative ones', async () => {
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

  test('closes the connection of a redirect before it follows it', async () => {
    let left: Promise<unknown> = Promise.resolve();
    await using site = await startWebServer(({ url }, response) => {
      if (url === '/1') return left.then(() => response.end(PHOTO));
      left = once(response, 'close');
      return respondSlowly(response.writeHead(302, { location: '/1' }));
    });

    expect(await fetchPhoto(site.url, PRIVATE_ALLOWED)).toEqual(PHOTO);
  });

  test('does not follow a fourth redirect', async () => {
    await using site = await startWebServer(redirectTo('/1', '/2', '/3', '/4'));

    expect(await errorCodeOf(downloadPhoto(site.url, PRIVATE_ALLOWED))).toBe(
      'PHOTO_SOURCE_UNREACHABLE',
    );
    expect(site.connectionCount()).toBe(4);
    await site.allDisconnected();
  });

  test('gives up on a redirect loop', async () => {
    await using site = await startWebServer(redirectTo('/'));

    expect(await errorCodeOf(downloadPhoto(site.url, PRIVATE_ALLOWED))).toBe(
      'PHOTO_SOURCE_UNREACHABLE',
    );
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
  ])('rejects a redirect to %j', async (location) => {
    await using site = await startWebServer(redirectTo(location));

    expect(await errorCodeOf(downloadPhoto(site.url, PRIVATE_ALLOWED))).toBe(
      'PHOTO_SOURCE_REFUSED',
    );
    await site.allDisconnected();
  });

  test('sends neither cookies nor a referrer after a redirect', async () => {
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

describe('downloadPhoto, network failures', () => {
  const SENTENCE =
    'The linked photo could not be downloaded. Check that the link opens in a private browser window, then try again.';

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
    ['not HTTP', respondRaw('SSH-2.0-OpenSSH_9.9', '')],
    [
      'two lengths',
      respondRaw('HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2', '', 'ab'),
    ],
    ['too many headers', respondRaw('HTTP/1.1 200 OK', `A: ${'a'.repeat(20_000)}`, '', '')],
    ['empty', respondRaw('')],
  ])('returns the same error when the response is %s', async (_what, answer) => {
    await using site = await startWebServer(answer);

    const failure = await publicErrorOf(
      downloadPhoto(site.url, { ...PRIVATE_ALLOWED, timeoutMs: 2_000 }),
    );

    expect(failure.toJSON()).toEqual({
      message: SENTENCE,
      extensions: { code: 'PHOTO_SOURCE_UNREACHABLE', retryable: true },
    });
    await site.allDisconnected();
  });

  test('returns the same error when the connection is refused', async () => {
    const site = await startWebServer(() => {});
    await site[Symbol.asyncDispose]();

    const failure = await publicErrorOf(downloadPhoto(site.url, PRIVATE_ALLOWED));

    expect(failure.message).toBe(SENTENCE);
    expect(failure.originalError).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('returns the same error when name servers fail', async () => {
    using _ = await startDnsServer(() => 'SERVFAIL');

    expect((await publicErrorOf(downloadPhoto('http://photos.test/', PUBLIC_ONLY))).message).toBe(
      SENTENCE,
    );
  });

  test.each<[string, RequestListener]>([
    ['its Content-Length', respondRaw('HTTP/1.1 200 OK', 'Content-Length: 100', '', 'half')],
    [
      'its last chunk',
      respondRaw('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '4', 'half', ''),
    ],
  ])('fails instead of ending when the body is cut before %s', async (_what, answer) => {
    await using site = await startWebServer(answer);

    expect(await errorCodeOf(fetchPhoto(site.url, PRIVATE_ALLOWED))).toBe(
      'PHOTO_SOURCE_UNREACHABLE',
    );
  });
});
