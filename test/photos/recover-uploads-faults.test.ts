import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { signUp } from '../support/client.ts';
import {
  putObject,
  requestPresignedPost,
  runJob,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { storedKeys } from '../support/stored-objects.ts';

let product: Product;
beforeAll(async () => {
  // Nobody listens there.
  product = await startProduct({}, () => ({ imageApiUrl: 'http://127.0.0.1:1' }));
});
afterAll(() => product.close());

let lost: Awaited<ReturnType<typeof loseUpload>>;
beforeEach(async () => {
  lost = await loseUpload();
});

/** An upload whose event was lost. */
async function loseUpload() {
  const person = await signUp(product);
  const { photo } = await requestPresignedPost(person);
  await putObject(product, `temp/${photo.id}`, await makePhoto());
  return { person, id: photo.id };
}

const expire = (id: string, minutesAgo: number) =>
  product.sql(`update photos set expires_at = now() - $2 * interval '1 min' where id = $1`, [
    id,
    minutesAgo,
  ]);

test('an upload that cannot be recovered now is retried and does not block others', async () => {
  const person = await signUp(product);
  const { photo: never } = await requestPresignedPost(person);
  await expire(lost.id, 2);
  await expire(never.id, 2);

  await runJob(product, 'recover_uploads');

  await waitForStatus(person, never.id, 'EXPIRED');
  await waitForStatus(lost.person, lost.id, 'AWAITING_UPLOAD');
  expect(await storedKeys(product)).toContain(`temp/${lost.id}`);
});

test('an upload that could not be recovered for an hour is FAILED and retryable', async () => {
  await expire(lost.id, 61);

  await runJob(product, 'recover_uploads');

  const { failure } = await waitForStatus(lost.person, lost.id, 'FAILED');
  expect(failure).toMatchObject({ code: 'PROCESSING_UNAVAILABLE', retryable: true });
  await expect.poll(() => storedKeys(product)).not.toContain(`temp/${lost.id}`);
});
