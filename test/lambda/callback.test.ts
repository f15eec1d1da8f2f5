import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Callback } from '../../contract/callbacks.ts';
import { deliverCallback } from '../../lambda/callback.ts';
import { freshId } from './support/events.ts';
import { openReceiver, type Receiver, SECRET } from './support/receiver.ts';

const OTHER = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const MINUTE = 60_000;

let receiver: Receiver;
beforeEach(async () => {
  receiver = await openReceiver();
});
afterEach(() => receiver.close());

const photoId = freshId();
const failure: Callback = {
  type: 'photo.failed',
  photoId,
  error: { code: 'PHOTO_UNREADABLE', message: 'Größe, 旗 und "Zeichen" \u2028 bleiben.' },
};

const deliver = ({ secrets = [SECRET], url = receiver.url, ms = MINUTE } = {}) =>
  deliverCallback(failure, { url, secrets }, Date.now() + ms);

test('is signed over its raw body, with an id derived from its content', async () => {
  await deliver();

  expect(receiver.taken).toEqual([failure]);
  expect(receiver.attempts).toEqual([`photo.failed.${photoId}`]);
});

test.each([
  ['the first', [SECRET, OTHER]],
  ['the second', [OTHER, SECRET]],
])('is accepted by a receiver that has only %s of two secrets', async (_, secrets) => {
  await deliver({ secrets });

  expect(receiver.taken).toEqual([failure]);
});

test('signed with another secret is rejected, and not retried', async () => {
  await expect(deliver({ secrets: [OTHER] })).rejects.toThrow('attempt 1');
});

test.each([500, 503, 429, 408])('is sent again with the same id after %i', async (status) => {
  receiver.answers.push(status);

  await deliver();

  expect(receiver.taken).toEqual([failure]);
  expect(receiver.attempts).toEqual([`photo.failed.${photoId}`, `photo.failed.${photoId}`]);
});

test.each([400, 404, 410, 301, 302, 307])(
  'is not retried after %i, nor sent elsewhere',
  async (status) => {
    receiver.answers.push(status);

    const failed = await deliver().catch((error) => error);

    expect(failed.cause).toBe(`Status ${status}`);
    expect(receiver.attempts).toHaveLength(1);
  },
);

test('is given up after four attempts', async () => {
  receiver.answers.push(503, 503, 503, 503);

  await expect(deliver()).rejects.toThrow('attempt 4');

  expect(receiver.attempts).toHaveLength(4);
});

describe('time', () => {
  test('aborts a receiver that does not respond', async () => {
    receiver.answers.push('SILENCE');

    const failed = await deliver({ ms: 1_000 }).catch((error) => error);

    expect(failed.cause).toMatchObject({ name: 'TimeoutError' });
    expect(receiver.attempts).toHaveLength(1);
  });

  test('too short for a pause allows no further attempt', async () => {
    receiver.answers.push(503);

    await expect(deliver({ ms: 200 })).rejects.toThrow('attempt 1');
  });
});

test('a refused connection is an internal error with its cause', async () => {
  await receiver.close();

  const failed = await deliver({ ms: 1_000 }).catch((error) => error);

  expect(failed.message).toMatch('The callback could not be delivered');
  expect(failed.cause.cause).toMatchObject({ code: 'ECONNREFUSED' });
});
