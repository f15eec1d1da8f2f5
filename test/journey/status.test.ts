import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { sendPresignedPost } from '../support/direct-upload.ts';
import { type Product, startProduct } from '../support/product.ts';
import { followPhoto, subscriptionClient } from '../support/subscription.ts';

let product: Product;
let owner: Person;
beforeAll(async () => {
  product = await startProduct();
  owner = await signUp(product);
});
afterAll(() => product.close());

const REQUEST = `mutation { requestPhotoUpload(contentType: "image/jpeg") {
  url fields { name value } photo { id }
} }`;

async function request() {
  const { requestPhotoUpload } = await owner.query(REQUEST);
  return requestPhotoUpload as { url: string; fields: []; photo: { id: string } };
}

const jpeg = () => quarters(300, 300).jpeg().toBuffer();

test('a subscription follows a photo from the request to READY, then completes', async () => {
  const form = await request();
  const following = followPhoto(subscriptionClient(product, owner.token), form.photo.id);

  await sendPresignedPost(form, await jpeg());

  const { states, received, codes } = await following;
  expect(codes).toEqual([]);
  expect(states.at(0)).toBe('AWAITING_UPLOAD');
  expect(states.at(-1)).toBe('READY');
  expect(received.at(-1)?.url).toMatch(/\/100\.webp$/);
});

test('a late subscriber receives the current status immediately', async () => {
  const form = await request();
  await sendPresignedPost(form, await jpeg());
  await followPhoto(subscriptionClient(product, owner.token), form.photo.id);

  const { states } = await followPhoto(subscriptionClient(product, owner.token), form.photo.id);

  expect(states).toEqual(['READY']);
});

test('a file that is not a photo ends as FAILED with its code', async () => {
  const form = await request();

  await sendPresignedPost(form, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));

  const { received } = await followPhoto(subscriptionClient(product, owner.token), form.photo.id);
  expect(received.at(-1)).toMatchObject({
    status: 'FAILED',
    failure: { code: 'PHOTO_TYPE_UNSUPPORTED' },
  });
});

test('the subscription of a deleted photo completes', async () => {
  const form = await request();
  const following = followPhoto(subscriptionClient(product, owner.token), form.photo.id);

  await owner.query('mutation ($id: ID!) { deleteProfile(id: $id) }', { id: owner.profileId });

  const { states } = await following;
  expect(states.filter((state) => state !== 'AWAITING_UPLOAD')).toEqual([]);
  await owner.query('mutation ($id: ID!) { createProfile(userId: $id) { id } }', { id: owner.id });
});

describe('who may follow', () => {
  test('an admin may', async () => {
    const form = await request();
    const following = followPhoto(
      subscriptionClient(product, (await signInAdmin(product)).token),
      form.photo.id,
    );

    await sendPresignedPost(form, await jpeg());

    expect((await following).states.at(-1)).toBe('READY');
  });

  test.each([
    ['nobody without a token', async () => undefined, 'UNAUTHENTICATED'],
    ['nobody with a bad token', async () => 'x.y.z', 'UNAUTHENTICATED'],
    ['no other user', async () => (await signUp(product)).token, 'FORBIDDEN'],
  ])('%s may', async (_, token, code) => {
    const form = await request();

    const { codes, received } = await followPhoto(
      subscriptionClient(product, await token()),
      form.photo.id,
    );

    expect(received).toEqual([]);
    expect(codes).toEqual([code]);
  });

  test('an unknown photo is NOT_FOUND', async () => {
    const { codes } = await followPhoto(
      subscriptionClient(product, owner.token),
      crypto.randomUUID(),
    );

    expect(codes).toEqual(['NOT_FOUND']);
  });
});

test('the WebSocket accepts only subscriptions', async () => {
  const socket = subscriptionClient(product, owner.token);

  const answers = [];
  for await (const answer of socket.iterate({ query: '{ me { id } }' })) answers.push(answer);

  expect(answers).toMatchObject([
    { errors: [{ message: expect.stringMatching('Only subscriptions') }] },
  ]);
});
