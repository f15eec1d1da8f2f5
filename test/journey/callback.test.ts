import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Callback, callbackId } from '../../contract/callbacks.ts';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { type Person, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

const OLD = `whsec_${Buffer.alloc(24, 'old').toString('base64')}`;
const NEW = `whsec_${Buffer.alloc(24, 'new').toString('base64')}`;

let product: Product;
let person: Person;
let photoId: string;
beforeAll(async () => {
  product = await startProduct({ CALLBACK_SECRET: `${NEW},${OLD}` });
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await signUp(product);
  photoId = await request();
});

async function request(): Promise<string> {
  const { requestPhotoUpload } = await person.query(
    'mutation { requestPhotoUpload(contentType: "image/png") { photo { id } } }',
  );
  return requestPhotoUpload.photo.id;
}

const ready = (id = photoId): Callback => ({
  type: 'photo.ready',
  photo: {
    photoId: id,
    width: 640,
    height: 480,
    variants: [{ name: '50', width: 50, height: 50, format: 'webp', bytes: 9, blurred: false }],
    crop: { strategy: 'CENTRE', x: 0, y: 0, width: 1, height: 1 },
    placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
    dominantColor: '#808080',
  },
});
const failed = (id = photoId): Callback => ({
  type: 'photo.failed',
  photoId: id,
  error: { code: 'PHOTO_UNREADABLE', message: 'The photo is cut. Send it again.' },
});

/** Signs as the image function does. */
function signed(body: string, { secret = NEW, at = new Date(), id = 'message' } = {}) {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

async function post(body: string, headers: Record<string, string>) {
  const answer = await fetch(product.url + CALLBACK_PATH, { method: 'POST', body, headers });
  return answer.status;
}

function deliver(callback: Callback, options = {}) {
  const body = JSON.stringify(callback);
  return post(body, signed(body, { id: callbackId(callback), ...options }));
}

async function statusOf(id = photoId) {
  const [row] = await product.sql<{ status: string }>('select status from photos where id = $1', [
    id,
  ]);
  return row?.status;
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('a genuine callback', () => {
  test.each([
    ['the new secret', NEW],
    ['the old one, while secrets are rotated', OLD],
  ])('is accepted with %s', async (_, secret) => {
    expect(await deliver(ready(), { secret })).toBe(204);

    expect(await statusOf()).toBe('READY');
  });

  test('gets the same response when repeated, and changes nothing more', async () => {
    await deliver(ready());
    const [before] = await product.sql('select * from photos where id = $1', [photoId]);

    expect(await deliver(ready())).toBe(204);

    expect(await product.sql('select * from photos where id = $1', [photoId])).toEqual([before]);
  });

  test('never moves a photo backwards: failed after ready', async () => {
    await deliver(ready());

    expect(await deliver(failed())).toBe(204);

    expect(await statusOf()).toBe('READY');
  });

  test('never moves a photo backwards: ready after failed', async () => {
    await deliver(failed());

    expect(await deliver(ready())).toBe(204);

    expect(await statusOf()).toBe('FAILED');
  });

  test('for an older upload does not replace a newer photo', async () => {
    const older = photoId;
    await product.sql('update photos set alt = $1 where id = $2', ['another wish', older]);
    const newer = await request();

    await deliver(ready(newer));
    await deliver(ready(older));

    const { me } = await person.query('{ me { profile { photo { id } } } }');
    expect(me.profile.photo.id).toBe(newer);
  });

  test('for a photo deleted in the meantime is accepted and creates nothing', async () => {
    await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });

    expect(await deliver(ready())).toBe(204);

    expect(await statusOf()).toBeUndefined();
  });
});

describe('rejects with 401 and changes nothing', () => {
  const OTHER = `whsec_${Buffer.alloc(24, 'other').toString('base64')}`;
  const body = () => JSON.stringify(ready());

  test.each<[string, () => Promise<number>]>([
    ['another secret', () => deliver(ready(), { secret: OTHER })],
    ['no signature at all', () => post(body(), { 'content-type': 'application/json' })],
    ['a signature of six minutes ago', () => deliver(ready(), { at: minutesAgo(6) })],
    ['a signature of six minutes ahead', () => deliver(ready(), { at: minutesAgo(-6) })],
    ['a body that was changed', () => post(body().replace('640', '641'), signed(body()))],
    ['a body for another photo', () => post(body(), signed(JSON.stringify(ready(person.id))))],
    ['another message id', () => post(body(), { ...signed(body()), 'webhook-id': 'another' })],
    ['another time', () => post(body(), { ...signed(body()), 'webhook-timestamp': '1' })],
    [
      'a signature of another version',
      () => post(body(), { ...signed(body()), 'webhook-signature': 'v2,AAAA' }),
    ],
    ['an empty signature', () => post(body(), { ...signed(body()), 'webhook-signature': '' })],
    [
      'a timestamp that is not a number',
      () => post(body(), { ...signed(body()), 'webhook-timestamp': 'now' }),
    ],
  ])('%s', async (_, send) => {
    expect(await send()).toBe(401);

    expect(await statusOf()).toBe('AWAITING_UPLOAD');
  });
});

test.each([
  ['is no JSON', 'hello'],
  ['names no photo', JSON.stringify({ type: 'photo.ready' })],
  ['names a key instead of an id', JSON.stringify({ ...failed(), photoId: '../image' })],
  ['has another type', JSON.stringify({ type: 'photo.gone', photoId: 'x' })],
])('a genuine body that %s is a 400', async (_, body) => {
  expect(await post(body, signed(body))).toBe(400);
});

test('a body of 100 kB is rejected before it is read', async () => {
  const body = JSON.stringify({ ...failed(), padding: 'x'.repeat(100_000) });

  expect(await post(body, signed(body))).toBe(413);
});

describe('the body of a genuine callback', () => {
  test.each([
    ['a width that no column holds', { width: 2 ** 31 }],
    ['half a pixel', { height: 0.5 }],
    ['a text that PostgreSQL does not take', { placeholder: '\0' }],
    [
      'a lone surrogate',
      {
        variants: [
          { name: '\ud800', width: 50, height: 50, format: 'webp', bytes: 9, blurred: false },
        ],
      },
    ],
  ])('is rejected as a whole when it is %s', async (_what, wrong) => {
    const callback = ready();
    const body = JSON.stringify({ ...callback, photo: { ...Object(callback).photo, ...wrong } });

    expect(await post(body, signed(body))).toBe(400);
    expect(await statusOf()).toBe('AWAITING_UPLOAD');
  });
});
