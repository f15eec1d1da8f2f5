import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { colorsOf } from '../lambda/support/drawings.ts';
import { outcomeOf } from '../support/authorization-table.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  type PresignedPost,
  REQUEST_PHOTO_UPLOAD,
  requestPresignedPost,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', MAX_UPLOAD_BYTES: '20000' });
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await signUp(product);
});

const field = ({ fields }: PresignedPost, name: string) =>
  fields.find((one) => one.name === name)?.value;

/** The policy as the bucket reads it. */
function policyOf(form: PresignedPost): { expiration: string; conditions: unknown[] } {
  return JSON.parse(Buffer.from(field(form, 'Policy') ?? '', 'base64').toString());
}

test('the form fixes key, type, size, crop and expiry', async () => {
  const asked = Date.now();

  const form = await requestPresignedPost(person, { crop: { strategy: 'CENTRE' } });

  const { conditions, expiration } = policyOf(form);
  expect(conditions).toEqual(
    expect.arrayContaining([
      { key: `temp/${form.photo.id}` },
      { 'Content-Type': 'image/jpeg' },
      { 'x-amz-meta-crop': 'centre' },
      ['content-length-range', 1, 20_000],
    ]),
  );
  expect(field(form, 'key')).toBe(`temp/${form.photo.id}`);
  const lasts = Date.parse(expiration) - asked;
  expect(lasts).toBeGreaterThan(290_000);
  expect(lasts).toBeLessThanOrEqual(301_000);
  expect(Date.parse(form.expiresAt) - asked).toBeGreaterThan(290_000);
});

test('crop and alternative text are those of the request', async () => {
  const corner = { rectangle: { x: 0.5, y: 0, width: 0.5, height: 0.5 } };
  const form = await requestPresignedPost(person, { crop: corner, alt: 'a green corner' });

  await sendPresignedPost(form, await makePhoto(300, 300));

  const { alt, url50 } = await waitForStatus(person, form.photo.id, 'READY');
  expect(alt).toBe('a green corner');
  const picture = await (await fetch(url50)).arrayBuffer();
  expect(await colorsOf(new Uint8Array(picture))).toEqual(Array(4).fill('green'));
});

describe('an open request', () => {
  test('is returned again for the same profile and arguments', async () => {
    const wishes = { alt: 'me', crop: { focalPoint: { x: 0.25, y: 0.75 } } };
    const first = await requestPresignedPost(person, wishes);

    const second = await requestPresignedPost(person, { ...wishes, profileId: person.profileId });

    expect(second.photo.id).toBe(first.photo.id);
    expect(second.expiresAt).toBe(first.expiresAt);
    expect((await sendPresignedPost(second, await makePhoto())).status).toBe(204);
  });

  test('is shared by concurrent requests', async () => {
    const forms = await Promise.all(Array.from({ length: 8 }, () => requestPresignedPost(person)));

    expect(new Set(forms.map(({ photo }) => photo.id)).size).toBe(1);
  });

  test.each([
    ['type', { contentType: 'image/png' }],
    ['crop', { crop: { strategy: 'CENTRE' } }],
    ['alternative text', { alt: 'other' }],
  ])('is not returned for another %s', async (_, wishes) => {
    const first = await requestPresignedPost(person);

    const other = await requestPresignedPost(person, wishes);

    expect(other.photo.id).not.toBe(first.photo.id);
  });

  test('is not returned again after it was used', async () => {
    const first = await requestPresignedPost(person);
    await sendPresignedPost(first, await makePhoto());

    const second = await requestPresignedPost(person);

    expect(second.photo.id).not.toBe(first.photo.id);
  });

  test('is not returned again shortly before it expires', async () => {
    const first = await requestPresignedPost(person);
    await product.sql(`update photos set expires_at = now() + interval '20 s' where id = $1`, [
      first.photo.id,
    ]);

    expect((await requestPresignedPost(person)).photo.id).not.toBe(first.photo.id);
  });
});

test('a sixth open request is TOO_MANY_REQUESTS, sequentially and concurrently', async () => {
  const alts = Array.from({ length: 12 }, (_, at) => `${at}`);

  const outcomes = await Promise.all(
    alts.map(async (alt) =>
      outcomeOf(await person.send(REQUEST_PHOTO_UPLOAD, { contentType: 'image/jpeg', alt })),
    ),
  );

  expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(5);
  expect(outcomes.filter((outcome) => outcome === 'TOO_MANY_REQUESTS')).toHaveLength(7);
  await product.sql(`update photos set expires_at = now() where profile_id = $1`, [
    person.profileId,
  ]);
  expect((await requestPresignedPost(person)).photo.status).toBe('AWAITING_UPLOAD');
});

describe('rejects requests with', () => {
  test.each([
    ['a type that is not accepted', { contentType: 'image/svg+xml' }, 'PHOTO_TYPE_UNSUPPORTED'],
    ['a type with more than its name', { contentType: 'image/png; a=b' }, 'PHOTO_TYPE_UNSUPPORTED'],
    ['a crop outside the photo', { crop: { focalPoint: { x: 2, y: 0 } } }, 'BAD_USER_INPUT'],
    ['a text of 501 characters', { alt: 'x'.repeat(501) }, 'BAD_USER_INPUT'],
  ])('%s', async (_, wishes, code) => {
    const answer = await person.send(REQUEST_PHOTO_UPLOAD, {
      contentType: 'image/jpeg',
      ...wishes,
    });

    expect(outcomeOf(answer)).toBe(code);
    expect(
      await product.sql('select id from photos where profile_id = $1', [person.profileId]),
    ).toEqual([]);
  });

  test("another user's profile", async () => {
    const { profileId } = await signUp(product);

    const answer = await person.send(REQUEST_PHOTO_UPLOAD, {
      profileId,
      contentType: 'image/jpeg',
    });

    expect(outcomeOf(answer)).toBe('FORBIDDEN');
  });
});

describe('the bucket rejects, and the request stays open, with', () => {
  const put = (form: PresignedPost, name: string, value: string): PresignedPost => ({
    ...form,
    fields: form.fields.map((one) => (one.name === name ? { name, value } : one)),
  });

  test.each<[string, (form: PresignedPost) => Promise<Response>, string]>([
    [
      'another type',
      async (form) => sendPresignedPost(put(form, 'Content-Type', 'image/png'), await makePhoto()),
      '403 AccessDenied',
    ],
    [
      'one byte too many',
      (form) => sendPresignedPost(form, new Uint8Array(20_001)),
      '400 EntityTooLarge',
    ],
    ['an empty file', (form) => sendPresignedPost(form, new Uint8Array()), '400 EntityTooSmall'],
    [
      'the key of another upload',
      async (form) => {
        const other = await requestPresignedPost(await signUp(product));
        return sendPresignedPost(put(form, 'key', `temp/${other.photo.id}`), await makePhoto());
      },
      '403 AccessDenied',
    ],
    [
      'another crop',
      async (form) => sendPresignedPost(put(form, 'x-amz-meta-crop', 'centre'), await makePhoto()),
      '403 AccessDenied',
    ],
  ])('%s', async (_, send, refusal) => {
    const form = await requestPresignedPost(person);

    const answer = await send(form);

    const [, code] = /<Code>(.*)<\/Code>/.exec(await answer.text()) ?? [];
    expect(`${answer.status} ${code}`).toBe(refusal);
    expect(await waitForStatus(person, form.photo.id, 'AWAITING_UPLOAD')).toMatchObject({
      failure: null,
    });
    expect((await sendPresignedPost(form, await makePhoto())).status).toBe(204);
  });
});

test('a file that is not a photo ends as FAILED with its code, whatever type the form declared', async () => {
  const form = await requestPresignedPost(person);

  await sendPresignedPost(form, Buffer.from('%PDF-1.7'));

  const { failure } = await waitForStatus(person, form.photo.id, 'FAILED');
  expect(failure).toMatchObject({ code: 'PHOTO_TYPE_UNSUPPORTED', retryable: false });
});
