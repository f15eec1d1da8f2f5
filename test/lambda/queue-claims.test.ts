/** The function asks before it works: one form, one photo. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { temporaryKey } from '../../contract/keys.ts';
import { defineHandlers } from '../../lambda/handlers/handlers.ts';
import { freshId } from './support/events.ts';
import { openFaultProxy } from './support/failures.ts';
import { listenToLog } from './support/log.ts';
import { batch, failed, openStage, type Stage, uploaded } from './support/queue.ts';

let stage: Stage;
let bucket: Awaited<ReturnType<typeof openFaultProxy>>;
let queue: Stage['queue'];
/** Requests for whole uploads, and for anything that is written. */
let work: string[];
beforeAll(async () => {
  stage = await openStage();
  bucket = await openFaultProxy(stage.bucket.env.S3_ENDPOINT);
  ({ queue } = defineHandlers({ ...stage.settings, S3_ENDPOINT: bucket.endpoint }));
});
beforeEach(() => {
  stage.receiver.forget();
  work = [];
  let looks = 0;
  bucket.fault = ({ method, url }) => {
    // The first GET reads one byte, to see that the upload is there.
    const isLook = method === 'GET' && looks++ === 0;
    if (!isLook) work.push(`${method} ${url.replace(/.*\/photos\//, '').replace(/\?.*/, '')}`);
    return false;
  };
});
afterAll(async () => {
  await bucket.close();
  await stage.close();
});

listenToLog();

test('an upload is claimed before it is downloaded, by the sequencer of its event', async () => {
  const photoId = await stage.upload();
  const event = uploaded(photoId);
  stage.receiver.claimAnswers.push('IN_PROGRESS');

  const answer = await queue(batch(event));

  expect(failed(answer)).toEqual([]);
  const [{ s3 } = Object()] = event.Records;
  expect(stage.receiver.claims).toEqual([
    { type: 'photo.started', photoId, claim: s3.object.sequencer },
  ]);
  expect(work).toEqual([]);
});

test.each([
  ['stays while its photo is in progress', 'IN_PROGRESS', 1],
  ['is deleted when its photo has ended', 'FINAL', 0],
  ['is deleted when its photo was deleted', 'UNKNOWN', 0],
] as const)('a refused claim costs no work, and %s', async (_, refusal, left) => {
  const photoId = await stage.upload();
  stage.receiver.claimAnswers.push(refusal);

  const answer = await queue(batch(uploaded(photoId)));

  const key = temporaryKey(photoId);
  expect(failed(answer)).toEqual([]);
  expect(work).toEqual(left === 0 ? [`DELETE ${key}`] : []);
  expect((await stage.uploads()).filter((one) => one === key)).toHaveLength(left);
  expect(stage.receiver.attempts).toEqual([]);
});

test('a redelivered message makes the same claim, and is processed', async () => {
  const photoId = await stage.upload();
  const event = uploaded(photoId);
  // Our fault, after the claim.
  stage.receiver.answers.push(400);

  const first = await queue(batch(event));
  const second = await queue(batch(event));

  expect([failed(first), failed(second)]).toEqual([['message-1'], []]);
  const [one, two, ...others] = stage.receiver.claims;
  expect(two).toEqual(one);
  expect(others).toEqual([]);
  expect(stage.receiver.taken).toMatchObject([{ type: 'photo.ready' }]);
});

test.each([
  ['no sequencer', undefined],
  ['a sequencer that is no hexadecimal number', 'x y'],
  ['a sequencer that is no text', 7],
])('an event with %s is claimed by its message id', async (_, sequencer) => {
  const photoId = await stage.upload();
  const event = uploaded(photoId);
  Object.assign(Object(event.Records[0]).s3.object, { sequencer });

  await queue(batch(event));

  expect(stage.receiver.claims).toMatchObject([{ photoId, claim: 'message-1' }]);
  expect(stage.receiver.taken).toHaveLength(1);
});

test.each([
  ['refuses it for good', [400]],
  ['conflicts without a reason', [409]],
  ['fails again and again', [500, 503, 500, 502]],
])('a claim that the API %s fails the message before any work', async (_, answers) => {
  const photoId = await stage.upload();
  stage.receiver.claimAnswers.push(...answers);

  const answer = await queue(batch(uploaded(photoId)));

  expect(failed(answer)).toEqual(['message-1']);
  expect(work).toEqual([]);
  expect(await stage.uploads()).toContain(temporaryKey(photoId));
});

test('a claim that fails temporarily is retried unchanged', async () => {
  const photoId = await stage.upload();
  stage.receiver.claimAnswers.push(503);

  const answer = await queue(batch(uploaded(photoId)));

  expect(failed(answer)).toEqual([]);
  expect(new Set(stage.receiver.claims.map(({ claim }) => claim))).toHaveLength(1);
  expect(stage.receiver.taken).toHaveLength(1);
});

test('the event of a missing upload claims nothing, so a later one is accepted', async () => {
  const photoId = freshId();

  await queue(batch(uploaded(photoId)));

  expect(stage.receiver.claims).toEqual([]);
});
