import { getEventListeners, once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { openLink } from '../../src/photos/remote-source/download.ts';
import { codeOf, failureOf, fetchPhoto, LOCAL } from '../support/links.ts';
import { aNameServer } from '../support/name-server.ts';
import { aSite, drip, PHOTO, saying } from '../support/site.ts';

describe('openLink, too large', () => {
  const small = { ...LOCAL, maxBytes: 100 };

  test('accepts as many bytes as allowed', async () => {
    await using site = await aSite((_request, response) => response.end(Buffer.alloc(100)));

    expect(await fetchPhoto(site.url, small)).toHaveLength(100);
  });

  test('does not begin when the told length is larger', async () => {
    await using site = await aSite((_request, response) =>
      response.writeHead(200, { 'content-length': 101 }).write('half'),
    );

    const failure = await failureOf(openLink(site.url, small));

    expect(failure.extensions).toEqual({
      code: 'PHOTO_TOO_LARGE',
      retryable: false,
      limit: 100,
      actual: 101,
    });
    await site.deserted();
  });

  test('stops an endless photo at the limit', async () => {
    await using site = await aSite((_request, response) => drip(response));

    const failure = await failureOf(fetchPhoto(site.url, small));

    expect(failure.extensions).toEqual({ code: 'PHOTO_TOO_LARGE', retryable: false, limit: 100 });
    await site.deserted();
  });

  test('gives no byte beyond a told length that was too small', async () => {
    await using site = await aSite(
      saying('HTTP/1.1 200 OK', 'Content-Length: 7', '', 'a photo and more'),
    );

    expect(await fetchPhoto(site.url, small)).toEqual(PHOTO);
    await site.deserted();
  });
});

describe('openLink, in time', () => {
  const soon = { ...LOCAL, deadline: 150 };

  test.each<[what: string, RequestListener]>([
    ['a body that drips', (_request, response) => drip(response)],
    ['a body that stops', (_request, response) => response.write('half')],
    ['headers that never come', () => {}],
    ['headers that drip', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nA: ')],
    [
      'a redirect to silence',
      ({ url }, response) => url === '/' && response.writeHead(302, { location: '/1' }).end(),
    ],
  ])('leaves %s at the deadline', async (_what, answer) => {
    await using site = await aSite(answer);

    expect(await codeOf(fetchPhoto(site.url, soon))).toBe('PHOTO_SOURCE_UNREACHABLE');
    await site.deserted();
  });

  test('leaves silent name servers at the deadline', async () => {
    using _ = await aNameServer(() => 'silence');

    const code = await codeOf(openLink('http://photos.test/', soon));

    expect(code).toBe('PHOTO_SOURCE_UNREACHABLE');
  });

  test('leaves a site at the deadline whose photo nobody reads', async () => {
    await using site = await aSite((_request, response) => response.end(Buffer.alloc(900_000)));

    const photo = await openLink(site.url, { ...LOCAL, deadline: 500 });

    const [failure] = await once(photo, 'error');
    expect(failure).toMatchObject({ code: 'PHOTO_SOURCE_UNREACHABLE' });
    await site.deserted();
  });
});

describe('openLink, called off', () => {
  test('leaves when the caller leaves before the answer, with the reason', async () => {
    const caller = new AbortController();
    await using site = await aSite(() => caller.abort(new Error('gone')));

    await expect(openLink(site.url, { ...LOCAL, signal: caller.signal })).rejects.toThrow('gone');
    await site.deserted();
  });

  test('leaves when the caller leaves in the middle, with the reason', async () => {
    const caller = new AbortController();
    await using site = await aSite((_request, response) => drip(response));

    const photo = await openLink(site.url, { ...LOCAL, signal: caller.signal });
    photo.once('data', () => caller.abort(new Error('gone')));

    await expect(once(photo, 'end')).rejects.toThrow('gone');
    await site.deserted();
  });

  test('does not even begin for a caller who has left', async () => {
    await using site = await aSite((_request, response) => response.end(PHOTO));

    const photo = openLink(site.url, { ...LOCAL, signal: AbortSignal.abort(new Error('gone')) });

    await expect(photo).rejects.toThrow('gone');
    expect(site.visits()).toBe(0);
  });

  test('leaves when the stream is destroyed, read or unread', async () => {
    await using site = await aSite((_request, response) => drip(response));

    const read = await openLink(site.url, LOCAL);
    await once(read, 'data');
    read.destroy();
    const unread = await openLink(site.url, LOCAL);
    unread.destroy();

    await site.deserted();
    expect(site.visits()).toBe(2);
  });

  test('holds no timer and no listener once it is over', async () => {
    const caller = new AbortController();
    const count = () => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length;
    await using site = await aSite((_request, response) => response.end(PHOTO));
    const before = count();

    await fetchPhoto(site.url, { ...LOCAL, signal: caller.signal });
    await site.deserted();

    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    expect(count()).toBeLessThanOrEqual(before);
  });
});
