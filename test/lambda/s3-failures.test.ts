/** Requests while S3, or the network, fails. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCredentials } from '../../lambda/credentials.ts';
import { openStore } from '../../lambda/store.ts';
import { CREDENTIALS, cut, ok, type Reply, refuse, reset, startS3 } from './support/s3.ts';

let s3: Awaited<ReturnType<typeof startS3>>;
let store: ReturnType<typeof openStore>;
let afterSilence: ReturnType<typeof readThroughSilence>;
beforeAll(async () => {
  // Eight seconds, in which the other tests run.
  afterSilence = readThroughSilence();
  s3 = await startS3();
  store = openStore(s3.place, CREDENTIALS);
});
beforeEach(() => s3.forget());
afterAll(() => s3.close());

const PICTURE = { bytes: Buffer.from('picture'), type: 'image/webp', digest: 'mark' };

/** The error of a request that fails. */
const errorOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error) => error);

/** Reads two files whose first answers stop: one before it has begun, one behind its first byte. */
async function readThroughSilence() {
  const { place, replies, requests, close } = await startS3();
  replies.push(
    () => {},
    (response) => response.writeHead(200, { 'content-length': 9 }).write('1'),
  );
  const store = openStore(place, CREDENTIALS);
  const files = await Promise.all([store.get('one', 100), store.get('two', 100)]);
  await close();
  return { read: files.map((file) => `${file?.bytes}`), asked: requests.length };
}

describe('is retried', () => {
  const failures: [string, Reply][] = [
    ['an internal error', refuse(500, 'InternalError')],
    ['a request to slow down', refuse(503, 'SlowDown')],
    ['a gateway without S3', refuse(502)],
    ['too many requests', refuse(429)],
    ['a request that came too slowly', refuse(400, 'RequestTimeout')],
    ['a connection that is reset', reset],
    ['an answer that is cut short', cut],
  ];

  test.each(failures)('%s: the second attempt succeeds', async (_, failure) => {
    s3.replies.push(failure, ok());

    const file = await store.get('key', 100);

    expect(file?.bytes.toString()).toBe('whole');
    expect(s3.requests).toHaveLength(2);
  });

  test.each(failures)('%s: fails after three attempts', async (_, failure) => {
    s3.replies.push(failure, failure, failure, ok());

    const error = await errorOf(store.get('image/key', 100));

    expect(error).toMatchObject({ name: 'S3Error', message: /^S3 .*GET image\/key/ });
    expect(s3.requests).toHaveLength(3);
  });

  test('with the same bytes and a new signature', async () => {
    s3.replies.push(refuse(503), reset);

    await store.put('key', PICTURE);

    expect(s3.requests.map(({ body }) => `${body}`)).toEqual(['picture', 'picture', 'picture']);
  });

  test('a bucket that refuses connections', async () => {
    const { place, close } = await startS3();
    await close();

    const error = await errorOf(openStore(place, CREDENTIALS).put('key', PICTURE));

    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(error.message).toMatch(/^S3 did not respond to PUT key: .*ECONNREFUSED/);
  });
});

describe('fails immediately', () => {
  test.each([
    [403, 'AccessDenied', 'AccessDenied'],
    [404, 'NoSuchBucket', 'NoSuchBucket'],
    [400, 'ExpiredToken', 'ExpiredToken'],
    [411, undefined, '411'],
  ])('%d %s', async (status, word, code) => {
    s3.replies.push(refuse(status, word));

    const error = await errorOf(store.put('image/key', PICTURE));

    const said = [status, word].filter(Boolean).join(' ');
    expect(error).toMatchObject({ code, message: `S3 responded ${said} to PUT image/key.` });
    expect(s3.requests).toHaveLength(1);
  });

  test('a bucket in another region, and names the region', async () => {
    s3.replies.push((response) => {
      response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end();
    });

    const error = await errorOf(store.digestOf('key'));

    expect(error.message).toBe(
      'S3 responded 301 to HEAD key. The bucket is in eu-west-1: set AWS_REGION to that.',
    );
  });

  test('without details of the request that the error repeats', async () => {
    const words = 'x-amz-security-token:not-for-the-log';
    s3.replies.push((response) => {
      response
        .writeHead(403)
        .end(
          `<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>${words}</CanonicalRequest></Error>`,
        );
    });

    const error = await errorOf(store.get('key', 100));

    expect(error.code).toBe('SignatureDoesNotMatch');
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('not-for-the-log');
  });
});

test('a longer object than allowed is rejected with both figures, without reading it', async () => {
  s3.replies.push((response) => {
    response.writeHead(200, { 'content-length': 1e9 }).write(Buffer.alloc(1e6));
  });

  const error = await errorOf(store.get('key', 1_000));

  expect(error).toMatchObject({ code: 'PHOTO_TOO_LARGE', facts: { limit: 1_000, actual: 1e9 } });
  await expect.poll(() => s3.sockets.every(({ closed }) => closed)).toBe(true);
  expect(s3.sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)).toBeLessThan(5e6);
});

test('an object of unknown length is measured while it is read', async () => {
  s3.replies.push((response) => {
    response.write('1234');
    response.end('5678');
  });

  expect(await errorOf(store.get('key', 7))).toMatchObject({ code: 'PHOTO_TOO_LARGE' });
});

test('a connection is reused, also after an error', async () => {
  s3.replies.push(ok(), refuse(404, 'NoSuchKey'), refuse(403, 'AccessDenied'));
  const work = [() => store.get('a', 100), () => store.get('b', 100), () => store.get('c', 100)];

  for (const each of [...work, () => store.put('d', PICTURE), () => store.digestOf('e')]) {
    await errorOf(each());
  }

  expect(s3.requests).toHaveLength(5);
  expect(s3.sockets.length).toBeLessThanOrEqual(1);
});

test('many objects are deleted concurrently over few connections, and failures are counted', async () => {
  s3.replies.push(refuse(403, 'AccessDenied'), refuse(404, 'NoSuchKey'), refuse(403));
  const keys = Array.from({ length: 60 }, (_, at) => `image/${at}`);

  const error = await errorOf(store.remove(keys));

  expect(error.message).toBe('2 of 60 objects could not be deleted.');
  expect(error.cause).toMatchObject({ code: 'AccessDenied' });
  expect(new Set(s3.requests.map(({ url }) => url)).size).toBe(60);
  expect(s3.sockets.length).toBeLessThanOrEqual(16);
});

test.each([{}, { AWS_ACCESS_KEY_ID: 'id' }, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: 's' }])(
  'without credentials nothing starts: %j',
  (env) => {
    expect(() => readCredentials(env)).toThrow(
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: the bucket cannot be accessed without credentials.',
    );
  },
);

test('a missing response is retried, also in the middle of the body', {
  timeout: 20_000,
}, async () => {
  expect(await afterSilence).toEqual({ read: ['whole', 'whole'], asked: 4 });
});
