/** One user's uploads cost others nothing but their share of the queue. Shown by what is done and in which order, not by time. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { outcomeOf } from '../support/authorization-table.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  type PresignedPost,
  queueDepth,
  REQUEST_PHOTO_UPLOAD,
  requestPresignedPost,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { openFaultyBucket } from '../support/faulty-bucket.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { storedKeys } from '../support/stored-objects.ts';

const POSTS = 24;

let bucket: Awaited<ReturnType<typeof openFaultyBucket>>;
let product: Product;
let greedy: Person;
let other: Person;
/** Ids of photos whose variants were stored, once for each time. */
let processed: string[];
beforeAll(async () => {
  bucket = await openFaultyBucket();
  product = await startProduct({ ...bucket.env, THUMB_DIMENSIONS: '50', BLUR: 'false' });
});
afterAll(async () => {
  await product.close();
  await bucket.close();
});
beforeEach(async () => {
  processed = [];
  bucket.fault = async ({ method, url }) => {
    const [, id] = /image\/([^/]+)\/master/.exec(url) ?? [];
    if (method !== 'PUT' || !id) return false;
    processed.push(id);
    await held.get(id)?.promise;
    return false;
  };
  greedy = await signUp(product);
  other = await signUp(product);
});

/** Photos that are slow, until they are released. */
const held = new Map<string, PromiseWithResolvers<void>>();
function holdPhoto({ photo }: PresignedPost) {
  held.set(photo.id, Promise.withResolvers<void>());
}
const releaseAll = () => {
  for (const { resolve } of held.values()) resolve();
  held.clear();
};

const isProcessed = ({ photo }: PresignedPost) =>
  expect.poll(() => processed, { timeout: 20_000 }).toContain(photo.id);
const queueIsEmpty = () => expect.poll(() => queueDepth(product), { timeout: 20_000 }).toBe(0);

describe('a form submitted repeatedly', () => {
  test('is processed once, and the photo of another user overtakes all repetitions', async () => {
    const form = await requestPresignedPost(greedy);
    const photo = await makePhoto(2000, 1500);
    holdPhoto(form);
    await sendPresignedPost(form, photo);
    await isProcessed(form);
    for (let post = 1; post < POSTS; post++) await sendPresignedPost(form, photo);

    const theirs = await requestPresignedPost(other);
    await sendPresignedPost(theirs, await makePhoto());

    await waitForStatus(other, theirs.photo.id, 'READY');
    await waitForStatus(greedy, form.photo.id, 'PROCESSING');
    releaseAll();
    await waitForStatus(greedy, form.photo.id, 'READY');
    await queueIsEmpty();
    expect(processed.toSorted()).toEqual([form.photo.id, theirs.photo.id].toSorted());
  });

  test('causes no further work once its photo is READY, and leaves no object', async () => {
    const form = await requestPresignedPost(greedy);
    await sendPresignedPost(form, await makePhoto());
    await waitForStatus(greedy, form.photo.id, 'READY');

    for (let post = 1; post < POSTS; post++) await sendPresignedPost(form, await makePhoto());

    await queueIsEmpty();
    expect(processed).toEqual([form.photo.id]);
    expect(await storedKeys(product)).not.toContain(`temp/${form.photo.id}`);
  });
});

test('one user occupies at most five slots of the queue, also with expired forms, and another user gets through', async () => {
  const forms: PresignedPost[] = [];
  for (let at = 0; at < 5; at++) forms.push(await requestPresignedPost(greedy, { alt: `${at}` }));
  for (const form of forms) holdPhoto(form);
  for (const form of forms) await sendPresignedPost(form, await makePhoto());
  await expect.poll(() => processed.length, { timeout: 20_000 }).toBe(2);
  await product.sql('update photos set expires_at = now() where profile_id = $1', [
    greedy.profileId,
  ]);
  const theirs = await requestPresignedPost(other);
  await sendPresignedPost(theirs, await makePhoto());

  const sixth = await greedy.send(REQUEST_PHOTO_UPLOAD, {
    contentType: 'image/jpeg',
    alt: 'sixth',
  });

  expect(outcomeOf(sixth)).toBe('TOO_MANY_REQUESTS');
  releaseAll();
  await waitForStatus(other, theirs.photo.id, 'READY');
  await queueIsEmpty();
  expect(new Set(processed).size).toBe(processed.length);
  expect((await requestPresignedPost(greedy, { alt: 'sixth' })).photo.status).toBe(
    'AWAITING_UPLOAD',
  );
});
