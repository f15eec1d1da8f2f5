import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openLink } from '../../src/photos/remote-source/download.ts';
import { codeOf, failureOf, fetchPhoto, LOCAL, OPEN } from '../support/links.ts';
import { aNameServer } from '../support/name-server.ts';
import { aSite, drip, PHOTO, redirecting, saying } from '../support/site.ts';

describe('openLink', () => {
  test('gives the bytes behind the link, and hangs up', async () => {
    await using site = await aSite((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(site.url, LOCAL)).toEqual(PHOTO);
    await site.deserted();
  });

  test('says who asks, and passes on nothing else', async () => {
    await using site = await aSite(({ headers, url }, response) =>
      response.end(JSON.stringify({ url, ...headers })),
    );

    const asked = JSON.parse(String(await fetchPhoto(`${site.url}corgi.jpg?big#left`, LOCAL)));

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
    await using site = await aSite(saying('HTTP/1.0 200 OK', '', 'a photo'));

    expect(await fetchPhoto(site.url, LOCAL)).toEqual(PHOTO);
  });

  test('gives compressed bytes as they came, never inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await using site = await aSite((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );

    expect(await fetchPhoto(site.url, LOCAL)).toEqual(bomb);
  });

  test('finds this machine by name when links may point at it', async () => {
    await using site = await aSite((_request, response) => response.end(PHOTO));

    expect(await fetchPhoto(`http://localhost:${site.port}/`, LOCAL)).toEqual(PHOTO);
  });
});

describe('openLink, redirected', () => {
  test('follows three redirects, relative ones too', async () => {
    await using site = await aSite(redirecting('/1', './2', '?3'));

    expect(await fetchPhoto(site.url, LOCAL)).toEqual(PHOTO);
    await site.deserted();
  });

  test.each([301, 302, 303, 307, 308])('follows a %i', async (status) => {
    await using site = await aSite(({ url }, response) =>
      url === '/' ? response.writeHead(status, { location: '/1' }).end() : response.end(PHOTO),
    );

    expect(await fetchPhoto(site.url, LOCAL)).toEqual(PHOTO);
  });

  test('hangs up on a page that sends it on before it goes there', async () => {
    let left: Promise<unknown> = Promise.resolve();
    await using site = await aSite(({ url }, response) => {
      if (url === '/1') return left.then(() => response.end(PHOTO));
      left = once(response, 'close');
      return drip(response.writeHead(302, { location: '/1' }));
    });

    expect(await fetchPhoto(site.url, LOCAL)).toEqual(PHOTO);
  });

  test('does not follow a fourth', async () => {
    await using site = await aSite(redirecting('/1', '/2', '/3', '/4'));

    expect(await codeOf(openLink(site.url, LOCAL))).toBe('PHOTO_SOURCE_UNREACHABLE');
    expect(site.visits()).toBe(4);
    await site.deserted();
  });

  test('leaves a loop', async () => {
    await using site = await aSite(redirecting('/'));

    expect(await codeOf(openLink(site.url, LOCAL))).toBe('PHOTO_SOURCE_UNREACHABLE');
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
    await using site = await aSite(redirecting(location));

    expect(await codeOf(openLink(site.url, LOCAL))).toBe('PHOTO_SOURCE_REFUSED');
    await site.deserted();
  });

  test('keeps no cookie that was set on the way', async () => {
    await using site = await aSite(({ url, headers }, response) =>
      url === '/'
        ? response.writeHead(302, { location: '/1', 'set-cookie': 'a=1' }).end()
        : response.end(JSON.stringify(headers)),
    );

    const headers = JSON.parse(String(await fetchPhoto(site.url, LOCAL)));

    expect(Object.keys(headers)).not.toContain('cookie');
    expect(Object.keys(headers)).not.toContain('referer');
  });
});

describe('openLink, failing on the way', () => {
  const SENTENCE =
    'The photo behind the link could not be fetched. Check that the link opens in a browser that is not signed in, then try again.';

  test.each<[what: string, RequestListener]>([
    ['204', saying('HTTP/1.1 204 No Content', '', '')],
    ['206', saying('HTTP/1.1 206 Partial Content', 'Content-Length: 1', '', 'a')],
    ['302 without a location', saying('HTTP/1.1 302 Found', '', '')],
    ['304', saying('HTTP/1.1 304 Not Modified', '', '')],
    ['404 with a body', (_request, response) => response.writeHead(404).end(PHOTO)],
    ['500 without end', (_request, response) => drip(response.writeHead(500))],
    [
      '101, another protocol',
      saying('HTTP/1.1 101 Switching Protocols', 'Upgrade: a', 'Connection: upgrade', '', ''),
    ],
    ['what is not HTTP', saying('SSH-2.0-OpenSSH_9.9', '')],
    ['two lengths', saying('HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2', '', 'ab')],
    [
      'more headers than anyone reads',
      saying('HTTP/1.1 200 OK', `A: ${'a'.repeat(20_000)}`, '', ''),
    ],
    ['nothing', saying('')],
  ])('says the same when the answer is %s', async (_what, answer) => {
    await using site = await aSite(answer);

    const failure = await failureOf(openLink(site.url, { ...LOCAL, deadline: 2_000 }));

    expect(failure.toJSON()).toEqual({
      message: SENTENCE,
      extensions: { code: 'PHOTO_SOURCE_UNREACHABLE', retryable: true },
    });
    await site.deserted();
  });

  test('says the same when nobody listens', async () => {
    const site = await aSite(() => {});
    await site[Symbol.asyncDispose]();

    const failure = await failureOf(openLink(site.url, LOCAL));

    expect(failure.message).toBe(SENTENCE);
    expect(failure.originalError).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('says the same when name servers fail', async () => {
    using _ = await aNameServer(() => 'SERVFAIL');

    expect((await failureOf(openLink('http://photos.test/', OPEN))).message).toBe(SENTENCE);
  });

  test.each<[string, RequestListener]>([
    ['its told length', saying('HTTP/1.1 200 OK', 'Content-Length: 100', '', 'half')],
    [
      'its last chunk',
      saying('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '4', 'half', ''),
    ],
  ])('fails, not ends, when a photo breaks off before %s', async (_what, answer) => {
    await using site = await aSite(answer);

    expect(await codeOf(fetchPhoto(site.url, LOCAL))).toBe('PHOTO_SOURCE_UNREACHABLE');
  });
});
