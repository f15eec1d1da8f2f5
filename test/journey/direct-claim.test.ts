/** Of all claims on a direct upload one is granted. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Callback } from '../../contract/callbacks.ts';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { type Person, signUp } from '../support/client.ts';
import { PHOTO, requestPresignedPost } from '../support/direct-upload.ts';
import { type Product, startProduct } from '../support/product.ts';

const SECRET = `whsec_${Buffer.alloc(24, 'claims').toString('base64')}`;

let product: Product;
let person: Person;
let photoId: string;
beforeAll(async () => {
  product = await startProduct({ CALLBACK_SECRET: SECRET });
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await signUp(product);
  photoId = (await requestPresignedPost(person)).photo.id;
});

async function send(callback: Callback) {
  const [body, id, at] = [JSON.stringify(callback), crypto.randomUUID(), new Date()];
  const answer = await fetch(product.url + CALLBACK_PATH, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
      'webhook-signature': new Webhook(SECRET).sign(id, at, body),
    },
    body,
  });
  const text = await answer.text();
  return text ? `${answer.status} ${text}` : `${answer.status}`;
}

const claim = (name: string, id = photoId) =>
  send({ type: 'photo.started', photoId: id, claim: name });

const fail = () =>
  send({
    ...{ type: 'photo.failed', photoId },
    error: { code: 'PHOTO_UNREADABLE', message: 'The photo is cut.' },
  });

const status = async () => (await person.query(PHOTO, { id: photoId })).photo.status;

test('the first claim is granted, and the photo is PROCESSING', async () => {
  expect(await claim('A')).toBe('204');

  expect(await status()).toBe('PROCESSING');
});

test('the same claim is granted again, in case the function died after it', async () => {
  await claim('A');

  expect(await claim('A')).toBe('204');
});

test('another claim is rejected while the photo is in progress', async () => {
  await claim('A');

  expect(await claim('B')).toBe('409 {"photo":"IN_PROGRESS"}');
});

test('of many concurrent claims exactly one is granted', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => claim(`${at}`)));

  expect(answers.filter((answer) => answer === '204')).toHaveLength(1);
  expect(answers.filter((answer) => answer === '409 {"photo":"IN_PROGRESS"}')).toHaveLength(11);
});

test.each(['FAILED', 'EXPIRED', 'READY'])(
  'no claim is granted on a %s photo, not even a repeated one',
  async (final) => {
    await claim('A');
    await product.sql('update photos set status = $2 where id = $1', [photoId, final]);

    expect([await claim('A'), await claim('B')]).toEqual(Array(2).fill('409 {"photo":"FINAL"}'));
    expect(await status()).toBe(final);
  },
);

test('no claim is granted on a deleted or unknown photo', async () => {
  await person.query('mutation { deleteProfilePhoto { id } }');

  const answers = [await claim('A'), await claim('A', crypto.randomUUID())];

  expect(answers).toEqual(Array(2).fill('409 {"photo":"UNKNOWN"}'));
});

test('no claim is granted on an upload that the API itself processes', async () => {
  const id = crypto.randomUUID();
  await product.sql(
    `insert into photos (id, profile_id, status, stored, created_at)
     values ($1, $2, 'PROCESSING', '[]', now())`,
    [id, person.profileId],
  );

  expect(await claim('A', id)).toBe('409 {"photo":"IN_PROGRESS"}');
});

test('the result of a photo is accepted after its claim, and without one', async () => {
  await claim('A');
  expect([await fail(), await status()]).toEqual(['204', 'FAILED']);

  photoId = (await requestPresignedPost(person)).photo.id;
  expect([await fail(), await status()]).toEqual(['204', 'FAILED']);
});

test.each([
  ['is empty', ''],
  ['is longer than any', 'x'.repeat(129)],
  ['PostgreSQL does not take', '\0'],
])('a claim that %s is a 400', async (_, name) => {
  expect(await claim(name)).toBe('400');
  expect(await status()).toBe('AWAITING_UPLOAD');
});
