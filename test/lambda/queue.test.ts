import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryKey } from '../../contract/keys.ts';
import { defineHandlers } from '../../lambda/handlers/handlers.ts';
import { scenery } from './support/drawings.ts';
import { freshId } from './support/events.ts';
import { listenToLog } from './support/log.ts';
import { batch, created, failed, openStage, type Stage, uploaded } from './support/queue.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
beforeEach(() => stage.receiver.forget());
afterAll(() => stage.close());

const log = listenToLog();

describe('an upload', () => {
  test('is processed, reported and deleted', async () => {
    const photoId = await stage.upload();

    const answer = await stage.queue(batch(uploaded(photoId)));

    expect(failed(answer)).toEqual([]);
    const facts = { photoId, width: 160, height: 120, crop: { strategy: 'ATTENTION' } };
    expect(stage.receiver.taken).toMatchObject([{ type: 'photo.ready', photo: facts }]);
    expect(await stage.bucket.keys(`image/${photoId}/`)).toEqual([
      `image/${photoId}/40.webp`,
      `image/${photoId}/master.jpeg`,
    ]);
    expect(await stage.bucket.keys(temporaryKey(photoId))).toEqual([]);
    expect(log.lines).toEqual([]);
  });

  test('is cropped as its metadata requests', async () => {
    const photoId = await stage.upload({ crop: 'rectangle:0.5,0.5,0.5,0.5' });

    await stage.queue(batch(uploaded(photoId)));

    const crop = { strategy: 'RECTANGLE', y: 0.5, height: 0.5 };
    expect(stage.receiver.taken).toMatchObject([{ photo: { crop } }]);
  });

  test('is read from the configured folder', async () => {
    const { queue } = defineHandlers({ ...stage.settings, TEMPORARY_IMAGE_PATH: 'inbox/' });
    const photoId = freshId();
    await stage.put(`inbox/${photoId}`);

    await queue(batch(created(`inbox/${photoId}`)));

    expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`]);
    expect(await stage.bucket.keys('inbox/')).toEqual([]);
  });

  test('is not reported if it no longer exists', async () => {
    const answer = await stage.queue(batch(uploaded(freshId())));

    expect(failed(answer)).toEqual([]);
    expect(stage.receiver.attempts).toEqual([]);
  });
});

test('reusing a presigned POST cannot change the content of a URL', async () => {
  const photoId = await stage.upload();
  const [upload, picture] = [temporaryKey(photoId), `image/${photoId}/40.webp`];
  await stage.queue(batch(uploaded(photoId)));
  const first = await stage.bucket.read(picture);

  await stage.put(upload, { bytes: await scenery(160, 120).jpeg().toBuffer() });
  const answer = await stage.queue(batch(uploaded(photoId)));

  expect(failed(answer)).toEqual([]);
  expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`, `photo.failed.${photoId}`]);
  expect(await stage.bucket.read(picture)).toEqual(first);
  expect(await stage.bucket.keys(temporaryKey(photoId))).toEqual([]);
});

describe('events', () => {
  test('may be several per message, and messages several per batch', async () => {
    const photoIds = await Promise.all([stage.upload(), stage.upload(), stage.upload()]);
    const [one, two, three] = photoIds.map((photoId) => temporaryKey(photoId));

    const answer = await stage.queue(batch(created(one ?? '', two ?? ''), created(three ?? '')));

    expect(failed(answer)).toEqual([]);
    expect(stage.receiver.attempts).toEqual(photoIds.map((photoId) => `photo.ready.${photoId}`));
  });

  test('delivered twice make one photo and one callback', async () => {
    const photoId = await stage.upload();

    const answer = await stage.queue(batch(uploaded(photoId, photoId), uploaded(photoId)));

    expect(failed(answer)).toEqual([]);
    expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`]);
  });

  test('delivered twice concurrently agree', async () => {
    const photoId = await stage.upload();

    const answers = await Promise.all([
      stage.queue(batch(uploaded(photoId))),
      stage.queue(batch(uploaded(photoId))),
    ]);

    expect(answers.flatMap(failed)).toEqual([]);
    const [first, ...others] = stage.receiver.taken;
    expect(first).toMatchObject({ type: 'photo.ready', photo: { photoId } });
    for (const other of others) expect(other).toEqual(first);
    expect(await stage.uploads()).toEqual([]);
  });

  test("of S3's test type are ignored", async () => {
    const event = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'photos' };

    expect(failed(await stage.queue(batch(event)))).toEqual([]);
    expect(log.lines).toEqual([]);
  });

  test('have encoded keys', async () => {
    const photoId = await stage.upload();
    const event = JSON.stringify(uploaded(photoId)).replace('temp/', 'temp%2F');

    await stage.queue(batch(event));

    expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`]);
  });
});

const id = freshId();
test.each([
  ['pictures', `image/${id}/40.webp`],
  ['what waits for a call', `staged/${id}`],
  ['another folder', `other/${id}`],
  ['a folder below', `temp/below/${id}`],
  ['a way out', `temp/../image/${id}`],
  ['no photo id', 'temp/me.jpg'],
  ['a photo id and more', `temp/${id}.jpg`],
  ['capital letters', `temp/${id.toUpperCase()}`],
  ['spaces, plus and letters of the world', 'temp/ä ö+ü/旗.jpg'],
  ['nothing after the folder', 'temp/'],
])('ignores an object that is not an upload, and logs its key: %s', async (_, key) => {
  await stage.put(key);

  const answer = await stage.queue(batch(created(key)));

  expect(failed(answer)).toEqual([]);
  expect(stage.receiver.attempts).toEqual([]);
  expect(await stage.bucket.keys(key)).toContain(key);
  expect(log.lines).toMatchObject([{ level: 'info', key }]);
});

test.each([
  ['was removed', (text: string) => text.replace('ObjectCreated:Post', 'ObjectRemoved:Delete')],
  ['lies in another bucket', (text: string) => text.replaceAll('photos', 'others')],
])('ignores an upload that %s', async (_, change) => {
  const photoId = await stage.upload();

  const answer = await stage.queue(batch(change(JSON.stringify(uploaded(photoId)))));

  expect(failed(answer)).toEqual([]);
  expect(stage.receiver.attempts).toEqual([]);
});

test.each([
  ['text', 'hello'],
  ['nothing', ''],
  ['null', 'null'],
  ['another event', '{"detail-type":"Object Created"}'],
  ['a record without an object', '{"Records":[{"eventName":"ObjectCreated:Put","s3":{}}]}'],
  ['a key that cannot be decoded', JSON.stringify(created('temp/x')).replace('temp/x', '%E0%A4')],
])(
  'a message of %s fails, to reach the dead-letter queue; the others are processed',
  async (_, body) => {
    const photoId = await stage.upload();

    const answer = await stage.queue(batch(body, uploaded(photoId)));

    expect(failed(answer)).toEqual(['message-1']);
    expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`]);
    expect(log.lines).toMatchObject([{ level: 'error', messageId: 'message-1' }]);
  },
);

test('without CALLBACK_URL the queue handler fails with advice, and calls still work', async () => {
  const { http, queue } = defineHandlers(stage.bucket.env);

  await expect(queue(batch())).rejects.toThrow('Set CALLBACK_URL and CALLBACK_SECRET');
  const get = { rawPath: '/', requestContext: { http: { method: 'GET' } }, headers: {} };
  expect(await http({ ...get, isBase64Encoded: false })).toMatchObject({ statusCode: 404 });
});
