import { getEventListeners, once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { openLink } from '../../src/photos/remote-source/download.ts';
import { startDnsServer } from '../support/dns-server.ts';
import {
  errorCodeOf,
  fetchPhoto,
  PRIVATE_ALLOWED,
  publicErrorOf,
} from '../support/remote-source.ts';
import { PHOTO, respondRaw, respondSlowly, startWebServer } from '../support/web-server.ts';

describe('openLink, too large', () => {
  const small = { ...PRIVATE_ALLOWED, maxBytes: 100 };

  test('accepts as many bytes as allowed', async () => {
    await using site = await startWebServer((_request, response) =>
      response.end(Buffer.alloc(100)),
    );

    expect(await fetchPhoto(site.url, small)).toHaveLength(100);
  });

  test('does not begin when the told length is larger', async () => {
    await using site = await startWebServer((_request, response) =>
      response.writeHead(200, { 'content-length': 101 }).write('half'),
    );

    const failure = await publicErrorOf(openLink(site.url, small));

    expect(failure.extensions).toEqual({
      code: 'PHOTO_TOO_LARGE',
      retryable: false,
      limit: 100,
      actual: 101,
    });
    await site.allDisconnected();
  });

  test('stops an endless photo at the limit', async () => {
    await using site = await startWebServer((_request, response) => respondSlowly(response));

    const failure = await publicErrorOf(fetchPhoto(site.url, small));

    expect(failure.extensions).toEqual({ code: 'PHOTO_TOO_LARGE', retryable: false, limit: 100 });
    await site.allDisconnected();
  });

  test('gives no byte beyond a told length that was too small', async () => {
    await using site = await startWebServer(
      respondRaw('HTTP/1.1 200 OK', 'Content-Length: 7', '', 'a photo and more'),
    );

    expect(await fetchPhoto(site.url, small)).toEqual(PHOTO);
    await site.allDisconnected();
  });
});

describe('openLink, in time', () => {
  const soon = { ...PRIVATE_ALLOWED, deadline: 150 };

  test.each<[what: string, RequestListener]>([
    ['a body that drips', (_request, response) => respondSlowly(response)],
    ['a body that stops', (_request, response) => response.write('half')],
    ['headers that never come', () => {}],
    ['headers that drip', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nA: ')],
    [
      'a redirect to silence',
      ({ url }, response) => url === '/' && response.writeHead(302, { location: '/1' }).end(),
    ],
  ])('leaves %s at the deadline', async (_what, answer) => {
    await using site = await startWebServer(answer);

    expect(await errorCodeOf(fetchPhoto(site.url, soon))).toBe('PHOTO_SOURCE_UNREACHABLE');
    await site.allDisconnected();
  });

  test('leaves silent name servers at the deadline', async () => {
    using _ = await startDnsServer(() => 'silence');

    const code = await errorCodeOf(openLink('http://photos.test/', soon));

    expect(code).toBe('PHOTO_SOURCE_UNREACHABLE');
  });

  test('leaves a site at the deadline whose photo nobody reads', async () => {
    await using site = await startWebServer((_request, response) =>
      response.end(Buffer.alloc(900_000)),
    );

    const photo = await openLink(site.url, { ...PRIVATE_ALLOWED, deadline: 500 });

    const [failure] = await once(photo, 'error');
    expect(failure).toMatchObject({ code: 'PHOTO_SOURCE_UNREACHABLE' });
    await site.allDisconnected();
  });
});

describe('openLink, called off', () => {
  test('leaves when the caller leaves before the answer, with the reason', async () => {
    const caller = new AbortController();
    await using site = await startWebServer(() => caller.abort(new Error('gone')));

    await expect(openLink(site.url, { ...PRIVATE_ALLOWED, signal: caller.signal })).rejects.toThrow(
      'gone',
    );
    await site.allDisconnected();
  });

  test('leaves when the caller leaves in the middle, with the reason', async () => {
    const caller = new AbortController();
    await using site = await startWebServer((_request, response) => respondSlowly(response));

    const photo = await openLink(site.url, { ...PRIVATE_ALLOWED, signal: caller.signal });
    photo.once('data', () => caller.abort(new Error('gone')));

    await expect(once(photo, 'end')).rejects.toThrow('gone');
    await site.allDisconnected();
  });

  test('does not even begin for a caller who has left', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    const photo = openLink(site.url, {
      ...PRIVATE_ALLOWED,
      signal: AbortSignal.abort(new Error('gone')),
    });

    await expect(photo).rejects.toThrow('gone');
    expect(site.connectionCount()).toBe(0);
  });

  test('leaves when the stream is destroyed, read or unread', async () => {
    await using site = await startWebServer((_request, response) => respondSlowly(response));

    const read = await openLink(site.url, PRIVATE_ALLOWED);
    await once(read, 'data');
    read.destroy();
    const unread = await openLink(site.url, PRIVATE_ALLOWED);
    unread.destroy();

    await site.allDisconnected();
    expect(site.connectionCount()).toBe(2);
  });

  test('holds no timer and no listener once it is over', async () => {
    const caller = new AbortController();
    const count = () => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length;
    await using site = await startWebServer((_request, response) => response.end(PHOTO));
    const before = count();

    await fetchPhoto(site.url, { ...PRIVATE_ALLOWED, signal: caller.signal });
    await site.allDisconnected();

    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    expect(count()).toBeLessThanOrEqual(before);
  });
});
