import { getEventListeners, once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { downloadPhoto } from '../../src/photos/remote-source/download.ts';
import { startDnsServer } from '../support/dns-server.ts';
import {
  errorCodeOf,
  fetchPhoto,
  PRIVATE_ALLOWED,
  publicErrorOf,
} from '../support/remote-source.ts';
import { PHOTO, respondRaw, respondSlowly, startWebServer } from '../support/web-server.ts';

describe('downloadPhoto, size limit', () => {
  const small = { ...PRIVATE_ALLOWED, maxBytes: 100 };

  test('accepts a photo of exactly the limit', async () => {
    await using site = await startWebServer((_request, response) =>
      response.end(Buffer.alloc(100)),
    );

    expect(await fetchPhoto(site.url, small)).toHaveLength(100);
  });

  test('rejects a larger Content-Length before it reads the body', async () => {
    await using site = await startWebServer((_request, response) =>
      response.writeHead(200, { 'content-length': 101 }).write('half'),
    );

    const failure = await publicErrorOf(downloadPhoto(site.url, small));

    expect(failure.extensions).toEqual({
      code: 'PHOTO_TOO_LARGE',
      retryable: false,
      limit: 100,
      actual: 101,
    });
    await site.allDisconnected();
  });

  test('stops an endless body at the limit', async () => {
    await using site = await startWebServer((_request, response) => respondSlowly(response));

    const failure = await publicErrorOf(fetchPhoto(site.url, small));

    expect(failure.extensions).toEqual({ code: 'PHOTO_TOO_LARGE', retryable: false, limit: 100 });
    await site.allDisconnected();
  });

  test('returns no byte beyond a Content-Length that is too small', async () => {
    await using site = await startWebServer(
      respondRaw('HTTP/1.1 200 OK', 'Content-Length: 7', '', 'a photo and more'),
    );

    expect(await fetchPhoto(site.url, small)).toEqual(PHOTO);
    await site.allDisconnected();
  });
});

describe('downloadPhoto, timeout', () => {
  const soon = { ...PRIVATE_ALLOWED, timeoutMs: 150 };

  test.each<[what: string, RequestListener]>([
    ['a body that drips', (_request, response) => respondSlowly(response)],
    ['a body that stops', (_request, response) => response.write('half')],
    ['headers that never arrive', () => {}],
    ['headers that drip', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nA: ')],
    [
      'a redirect that leads to no response',
      ({ url }, response) => url === '/' && response.writeHead(302, { location: '/1' }).end(),
    ],
  ])('closes the connection at the timeout for %s', async (_what, answer) => {
    await using site = await startWebServer(answer);

    expect(await errorCodeOf(fetchPhoto(site.url, soon))).toBe('PHOTO_SOURCE_UNREACHABLE');
    await site.allDisconnected();
  });

  test('gives up on unresponsive name servers at the timeout', async () => {
    using _ = await startDnsServer(() => 'silence');

    const code = await errorCodeOf(downloadPhoto('http://photos.test/', soon));

    expect(code).toBe('PHOTO_SOURCE_UNREACHABLE');
  });

  test('closes the connection at the timeout when the photo is not read', async () => {
    await using site = await startWebServer((_request, response) =>
      response.end(Buffer.alloc(900_000)),
    );

    const photo = await downloadPhoto(site.url, { ...PRIVATE_ALLOWED, timeoutMs: 500 });

    const [failure] = await once(photo, 'error');
    expect(failure).toMatchObject({ code: 'PHOTO_SOURCE_UNREACHABLE' });
    await site.allDisconnected();
  });
});

describe('downloadPhoto, aborted', () => {
  test('fails with the abort reason before the response', async () => {
    const caller = new AbortController();
    await using site = await startWebServer(() => caller.abort(new Error('gone')));

    await expect(
      downloadPhoto(site.url, { ...PRIVATE_ALLOWED, signal: caller.signal }),
    ).rejects.toThrow('gone');
    await site.allDisconnected();
  });

  test('fails with the abort reason in the middle of the body', async () => {
    const caller = new AbortController();
    await using site = await startWebServer((_request, response) => respondSlowly(response));

    const photo = await downloadPhoto(site.url, { ...PRIVATE_ALLOWED, signal: caller.signal });
    photo.once('data', () => caller.abort(new Error('gone')));

    await expect(once(photo, 'end')).rejects.toThrow('gone');
    await site.allDisconnected();
  });

  test('sends no request for an aborted caller', async () => {
    await using site = await startWebServer((_request, response) => response.end(PHOTO));

    const photo = downloadPhoto(site.url, {
      ...PRIVATE_ALLOWED,
      signal: AbortSignal.abort(new Error('gone')),
    });

    await expect(photo).rejects.toThrow('gone');
    expect(site.connectionCount()).toBe(0);
  });

  test('closes the connection when the stream is destroyed, read or unread', async () => {
    await using site = await startWebServer((_request, response) => respondSlowly(response));

    const read = await downloadPhoto(site.url, PRIVATE_ALLOWED);
    await once(read, 'data');
    read.destroy();
    const unread = await downloadPhoto(site.url, PRIVATE_ALLOWED);
    unread.destroy();

    await site.allDisconnected();
    expect(site.connectionCount()).toBe(2);
  });

  test('keeps neither a timer nor a listener afterwards', async () => {
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
