import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryKey } from '../../contract/keys.ts';
import { defineHandlers } from '../../lambda/handlers/handlers.ts';
import { freshId } from './support/events.ts';
import { openFaultProxy } from './support/failures.ts';
import { listenToLog } from './support/log.ts';
import {
  batch,
  failed,
  openStage,
  photo,
  type Stage,
  uploaded,
  withTime,
} from './support/queue.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
beforeEach(() => stage.receiver.forget());
afterAll(() => stage.close());

const log = listenToLog();

describe('a fault of the photo', () => {
  test.each([
    ['an empty file', { bytes: Buffer.alloc(0) }, 'PHOTO_TYPE_UNSUPPORTED'],
    ['no image', { bytes: Buffer.from('%PDF-1.7') }, 'PHOTO_TYPE_UNSUPPORTED'],
    ['half an image', { bytes: Buffer.from('ffd8ffe000104a464946', 'hex') }, 'PHOTO_UNREADABLE'],
    ['a crop that leaves the photo', { crop: 'rectangle:0.5,0,1,1' }, 'BAD_USER_INPUT'],
    ['a crop of no meaning', { crop: 'everything' }, 'BAD_USER_INPUT'],
  ])('is reported once, never retried, and the upload is deleted: %s', async (_, sent, code) => {
    const photoId = await stage.upload(sent);

    const answers = [
      await stage.queue(batch(uploaded(photoId))),
      await stage.queue(batch(uploaded(photoId))),
    ];

    expect(answers.flatMap(failed)).toEqual([]);
    const error = { code, message: expect.any(String) };
    expect(stage.receiver.taken).toEqual([{ type: 'photo.failed', photoId, error }]);
    expect(stage.receiver.attempts).toEqual([`photo.failed.${photoId}`]);
    expect(await stage.uploads()).toEqual([]);
    expect(await stage.bucket.keys(`image/${photoId}/`)).toEqual([]);
    expect(log.lines).not.toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  test('of one byte too many is reported with both figures', async () => {
    const bytes = Buffer.concat([await photo(), Buffer.alloc(1_000)]);
    const limit = bytes.length - 1;
    const { queue } = defineHandlers({ ...stage.settings, MAX_UPLOAD_BYTES: String(limit) });
    const photoId = await stage.upload({ bytes });

    await queue(batch(uploaded(photoId)));

    const error = { code: 'PHOTO_TOO_LARGE', limit, actual: bytes.length };
    expect(stage.receiver.taken).toMatchObject([{ type: 'photo.failed', photoId, error }]);
    expect(await stage.uploads()).toEqual([]);
  });
});

describe('an internal failure', () => {
  test('of the report fails the message and keeps the upload; the next delivery completes it', async () => {
    const photoId = await stage.upload();
    stage.receiver.answers.push(400);

    const first = await stage.queue(batch(uploaded(photoId)));
    const kept = await stage.uploads();
    const second = await stage.queue(batch(uploaded(photoId)));

    expect([failed(first), failed(second)]).toEqual([['message-1'], []]);
    expect(kept).toEqual([temporaryKey(photoId)]);
    expect(await stage.uploads()).toEqual([]);
    expect(stage.receiver.taken).toHaveLength(1);
    expect(log.lines).toMatchObject([{ level: 'error', photoId, messageId: 'message-1' }]);
  });

  test('of the report about an invalid photo does so, too', async () => {
    const photoId = await stage.upload({ bytes: Buffer.from('%PDF-1.7') });
    stage.receiver.answers.push(401);

    const answer = await stage.queue(batch(uploaded(photoId)));

    expect(failed(answer)).toEqual(['message-1']);
    expect(await stage.uploads()).toEqual([temporaryKey(photoId)]);
    await stage.queue(batch(uploaded(photoId)));
  });

  test('of one message does not affect others in its batch, nor one record the others in its message', async () => {
    const [one, two, three] = await Promise.all([stage.upload(), stage.upload(), stage.upload()]);
    stage.receiver.answers.push(400);

    const answer = await stage.queue(batch(uploaded(one, two), uploaded(three)));

    expect(failed(answer)).toEqual(['message-1']);
    expect(await stage.uploads()).toEqual([temporaryKey(one)]);
    await stage.queue(batch(uploaded(one)));
  });

  test('is a receiver that never responds: the function still ends in time', async () => {
    const photoId = await stage.upload();
    stage.receiver.answers.push('SILENCE', 'SILENCE', 'SILENCE', 'SILENCE');

    const answer = await stage.queue(batch(uploaded(photoId)), withTime(2_500));

    expect(failed(answer)).toEqual(['message-1']);
    expect(await stage.uploads()).toEqual([temporaryKey(photoId)]);
    stage.receiver.forget();
    await stage.queue(batch(uploaded(photoId)));
  });

  test('is a lack of time: the first message is attempted, the others return untouched', async () => {
    const [one, two] = await Promise.all([stage.upload(), stage.upload()]);

    const answer = await stage.queue(batch(uploaded(one), uploaded(two)), withTime(5_000));

    expect(failed(answer)).toEqual(['message-2']);
    expect(await stage.uploads()).toEqual([temporaryKey(two)]);
    await stage.queue(batch(uploaded(two)));
  });
});

describe('a bucket that answers 503', () => {
  let bucket: Awaited<ReturnType<typeof openFaultProxy>>;
  let queue: Stage['queue'];
  beforeAll(async () => {
    bucket = await openFaultProxy(stage.bucket.env.S3_ENDPOINT);
    ({ queue } = defineHandlers({ ...stage.settings, S3_ENDPOINT: bucket.endpoint }));
  });
  afterAll(() => bucket.close());

  test.each([
    ['when the upload is read', 'GET', 0],
    ['when pictures are stored', 'PUT', 0],
    ['when the upload is removed', 'DELETE', 1],
  ])('fails the message without losing anything: %s', async (_, broken, callbacks) => {
    const photoId = await stage.upload();

    bucket.fault = ({ method }) => method === broken;
    const first = await queue(batch(uploaded(photoId)));
    const told = stage.receiver.taken.length;
    bucket.fault = () => false;
    const second = await queue(batch(uploaded(photoId)));

    expect([failed(first), failed(second)]).toEqual([['message-1'], []]);
    expect(told).toBe(callbacks);
    expect(new Set(stage.receiver.attempts)).toEqual(new Set([`photo.ready.${photoId}`]));
    expect(await stage.bucket.keys(`image/${photoId}/`)).toHaveLength(2);
    expect(await stage.uploads()).toEqual([]);
  });

  test('does not delete variants of a concurrent delivery that were already reported', async () => {
    const photoId = await stage.upload();
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    bucket.fault = async ({ method }) => {
      if (method !== 'PUT') return false;
      reached.resolve();
      await released.promise;
      return true;
    };

    const slow = queue(batch(uploaded(photoId)));
    await reached.promise;
    const quick = await stage.queue(batch(uploaded(photoId)));
    released.resolve();

    expect([failed(quick), failed(await slow)]).toEqual([[], ['message-1']]);
    expect(await stage.bucket.keys(`image/${photoId}/`)).toHaveLength(2);
    bucket.fault = () => false;
    expect(failed(await queue(batch(uploaded(photoId))))).toEqual([]);
    expect(stage.receiver.taken).toHaveLength(1);
  });

  test('for one request has no effect', async () => {
    const photoId = await stage.upload();
    let times = 0;
    bucket.fault = () => times++ === 0;

    const answer = await queue(batch(uploaded(photoId)));

    expect(failed(answer)).toEqual([]);
    expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`]);
  });
});

test('an unavailable bucket fails the message without a callback', async () => {
  const { queue } = defineHandlers({ ...stage.settings, PHOTO_BUCKET: 'gone' });
  const body = JSON.stringify(uploaded(freshId())).replaceAll('photos', 'gone');

  const answer = await queue(batch(body));

  expect(failed(answer)).toEqual(['message-1']);
  expect(stage.receiver.attempts).toEqual([]);
});
