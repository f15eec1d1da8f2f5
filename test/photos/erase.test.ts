import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ERASE_PHOTOS } from '../../src/photos/jobs/erasures.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  pendingJobs,
  requestPresignedPost,
  runWaitingJobsNow,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { openFaultyBucket } from '../support/faulty-bucket.ts';
import { captureLog, type Log } from '../support/log.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';
import { storedKeys } from '../support/stored-objects.ts';

let log: Log;
let bucket: Awaited<ReturnType<typeof openFaultyBucket>>;
let product: Product;
let person: Person;
beforeAll(async () => {
  log = captureLog();
  bucket = await openFaultyBucket();
  product = await startProduct(
    { ...bucket.env, THUMB_DIMENSIONS: '50', BLUR: 'false', LOG_LEVEL: 'info' },
    { queue: { visibilityTimeout: 1 } },
  );
});
afterAll(async () => {
  await product.close();
  await bucket.close();
  log.release();
});
beforeEach(async () => {
  bucket.fault = () => false;
  person = await signUp(product);
});

const keysOf = async (photoId: string) =>
  (await storedKeys(product)).filter((key) => key.includes(photoId));

/** Runs scheduled jobs and retries now, until none is left. */
async function finishJobs() {
  const left = async () => {
    await runWaitingJobsNow(product);
    return pendingJobs(product, ERASE_PHOTOS);
  };
  await expect.poll(left, { timeout: 20_000, interval: 200 }).toEqual([]);
}

const DELETIONS = [
  ['deleteUser', 'mutation ($id: ID!) { deleteUser(id: $id) }', 'id'],
  ['deleteProfile', 'mutation ($id: ID!) { deleteProfile(id: $id) }', 'profileId'],
  [
    'deleteProfilePhoto',
    'mutation ($id: ID!) { deleteProfilePhoto(profileId: $id) { id } }',
    'profileId',
  ],
] as const;

describe.each(DELETIONS)('%s leaves no object', (_, mutation, whose) => {
  const erase = () => person.query(mutation, { id: person[whose] });

  test('of a photo while another is being uploaded', async () => {
    const current = await uploadSmallPhoto(person);
    const { photo, ...form } = await requestPresignedPost(person);

    await erase();
    expect((await sendPresignedPost(form, await makePhoto())).status).toBe(204);

    await expect.poll(() => keysOf(current)).toEqual([]);
    await expect.poll(() => keysOf(photo.id), { timeout: 10_000 }).toEqual([]);
    await finishJobs();
    expect([await keysOf(current), await keysOf(photo.id)]).toEqual([[], []]);
    expect(await product.sql('select id from photos where id = $1', [photo.id])).toEqual([]);
  });

  test('of an upload whose variants are being stored', async () => {
    const { photo, ...form } = await requestPresignedPost(person);
    const { reached, release } = holdVariants(photo.id);
    await sendPresignedPost(form, await makePhoto());
    await reached;

    await erase();
    await expect.poll(() => keysOf(photo.id)).toEqual([]);
    release(false);

    await expect.poll(() => keysOf(photo.id), { timeout: 10_000 }).not.toEqual([]);
    await expect.poll(() => keysOf(photo.id), { timeout: 10_000 }).toEqual([]);
    await finishJobs();
    expect(await keysOf(photo.id)).toEqual([]);
  });

  test('of an upload whose function dies before it reports its variants', async () => {
    const { photo, ...form } = await requestPresignedPost(person);
    const { reached, release } = holdVariants(photo.id);
    await sendPresignedPost(form, await makePhoto());
    await reached;

    await erase();
    await expect.poll(() => keysOf(photo.id)).toEqual([]);
    release(true);

    await expect.poll(() => keysOf(photo.id), { timeout: 10_000 }).not.toEqual([]);
    await finishJobs();
    expect(await keysOf(photo.id)).toEqual([]);
  });

  /** Blocks the function at its first variant; `release(true)` stores only that one and fails the rest. */
  function holdVariants(photoId: string) {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<boolean>();
    let isFirst = true;
    bucket.fault = async ({ method, url }) => {
      if (method !== 'PUT' || !url.includes(`image/${photoId}`)) return false;
      const isSpared = isFirst;
      isFirst = false;
      reached.resolve();
      return (await released.promise) && !isSpared;
    };
    return { reached: reached.promise, release: released.resolve };
  }
});

test('logs a receipt: the photo, the number of its objects and a digest of their keys', async () => {
  const photoId = await uploadSmallPhoto(person);
  const keys = await keysOf(photoId);

  await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });

  const receipt = () =>
    log.entries().find((entry) => 'erased' in entry && Object(entry).photoId === photoId);
  await expect.poll(receipt).toMatchObject({
    erased: keys.length,
    keys: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(keys).toHaveLength(2);
  expect(log.text()).not.toContain(`image/${photoId}`);
});

test('retries while the bucket fails until nothing is left', async () => {
  const photoId = await uploadSmallPhoto(person);
  bucket.fault = ({ method, url }) => method === 'POST' && url.includes('delete');

  await person.query('mutation { deleteProfilePhoto { id } }');

  const attempts = async () =>
    (await pendingJobs(product, ERASE_PHOTOS)).map((job) => Object(job).attempts);
  const wasTried = async () => (await attempts()).some((count) => Number(count) > 0);
  await expect.poll(wasTried, { timeout: 10_000 }).toBe(true);
  expect(await keysOf(photoId)).toHaveLength(2);
  bucket.fault = () => false;
  await finishJobs();
  expect(await keysOf(photoId)).toEqual([]);
});

test('another process takes over the job of a killed one', async () => {
  const photoId = await uploadSmallPhoto(person);
  const row = await product.sql(
    `select id from graphile_worker.add_job($1, json_build_object('photoIds', json_build_array($2::text)), run_at => now() + interval '1 h')`,
    [ERASE_PHOTOS, photoId],
  );
  await product.sql(
    `update graphile_worker._private_jobs set locked_by = 'killed', run_at = now(), locked_at = now() - interval '11 min' where id = $1`,
    [Object(row[0]).id],
  );

  await product.sql(`select graphile_worker.add_job('recover_uploads')`);

  await expect.poll(() => keysOf(photoId), { timeout: 10_000 }).toEqual([]);
});

test('a photo deleted during an upload no longer exists for its owner', async () => {
  const { photo } = await requestPresignedPost(person);

  await person.query('mutation { deleteProfilePhoto { id } }');

  await waitForStatus(person, photo.id, null);
});
