import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openConnectionConfig } from '../../src/database/connection-config.ts';
import { type Database, openDatabase, poolOf } from '../../src/database/database.ts';
import { deleteOrphans } from '../../src/photos/jobs/delete-orphans.ts';
import { type Bucket, openBucket } from '../../src/photos/storage/bucket.ts';
import { colorsOf } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  putObject,
  requestPresignedPost,
  runJob,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';
import { storedKeys } from '../support/stored-objects.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' });
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await signUp(product);
});

/** Backdates an upload. */
const age = (photoId: string, minutes: number) =>
  product.sql(
    `update photos set expires_at = now() - $2 * interval '1 min', created_at = created_at - $2 * interval '1 min' where id = $1`,
    [photoId, minutes],
  );

describe('an upload whose event was lost', () => {
  test('is processed with the requested crop, and its file is deleted', async () => {
    const { photo } = await requestPresignedPost(person, {
      crop: { rectangle: { x: 0.5, y: 0, width: 0.5, height: 0.5 } },
    });
    await putObject(product, `temp/${photo.id}`, await makePhoto(300, 300));
    await age(photo.id, 2);

    await runJob(product, 'recover_uploads');

    const { url50 } = await waitForStatus(person, photo.id, 'READY');
    const picture = new Uint8Array(await (await fetch(url50)).arrayBuffer());
    expect(await colorsOf(picture)).toEqual(Array(4).fill('green'));
    await expect.poll(() => storedKeys(product)).not.toContain(`temp/${photo.id}`);
  });

  test('and that is not a photo fails with its code', async () => {
    const { photo } = await requestPresignedPost(person);
    await putObject(product, `temp/${photo.id}`, Buffer.from('%PDF-1.7'));
    await age(photo.id, 2);

    await runJob(product, 'recover_uploads');

    const { failure } = await waitForStatus(person, photo.id, 'FAILED');
    expect(failure).toMatchObject({ code: 'PHOTO_TYPE_UNSUPPORTED', retryable: false });
    await expect.poll(() => storedKeys(product)).not.toContain(`temp/${photo.id}`);
  });
});

describe('an upload that never arrived', () => {
  test('expires, and a later file is discarded', async () => {
    const { photo, ...form } = await requestPresignedPost(person);
    await age(photo.id, 2);

    await runJob(product, 'recover_uploads');

    await waitForStatus(person, photo.id, 'EXPIRED');
    const { me } = await person.query('{ me { profile { latestUpload { id status } } } }');
    expect(me.profile.latestUpload).toEqual({ id: photo.id, status: 'EXPIRED' });
    // This one was told a later time; what it sends is taken, and comes to nothing.
    await sendPresignedPost(form, await makePhoto());
    await expect.poll(() => storedKeys(product), { timeout: 10_000 }).not.toContain(photo.id);
    await waitForStatus(person, photo.id, 'EXPIRED');
  });

  test('stays open while it may still arrive', async () => {
    const { photo } = await requestPresignedPost(person);
    const lost = await requestPresignedPost(await signUp(product));
    await age(photo.id, 0);
    await age(lost.photo.id, 2);

    await runJob(product, 'recover_uploads');

    const statuses = () =>
      product.sql('select status from photos where id = any($1) order by id', [
        [photo.id, lost.photo.id],
      ]);
    await expect.poll(statuses).toEqual([{ status: 'AWAITING_UPLOAD' }, { status: 'EXPIRED' }]);
  });
});

test('a photo whose processing died is FAILED and retryable', async () => {
  const id = crypto.randomUUID();
  await product.sql(
    `insert into photos (id, profile_id, status, stored, created_at)
     values ($1, $2, 'PROCESSING', '[]', now() - interval '10 min')`,
    [id, person.profileId],
  );

  await runJob(product, 'recover_uploads');

  const { failure } = await waitForStatus(person, id, 'FAILED');
  expect(failure).toMatchObject({ code: 'PROCESSING_FAILED', retryable: true });
});

describe('orphaned objects', () => {
  let database: Database;
  let bucket: Bucket;
  beforeAll(async () => {
    database = await openDatabase(await openConnectionConfig(product.config), () => {});
    bucket = openBucket(product.config);
  });
  afterAll(async () => {
    bucket.close();
    await database.close(true);
  });
  beforeEach(async () => {
    await bucket.remove(await storedKeys(product));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function runCleanup(isDryRun: boolean) {
    const told: string[] = [];
    const services = { pool: await poolOf(database), bucket, config: product.config };
    const report = (action: string, subject: string) => told.push(`${action} ${subject}`);
    const count = await deleteOrphans(services, { isDryRun, report });
    expect(count).toBe(told.length);
    return told.sort();
  }

  /** Moves the clock of this process forward. */
  const wait = (hours: number) =>
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3600_000 });

  const status = (id: string, to: string) =>
    product.sql('update photos set status = $2 where id = $1', [id, to]);

  test('older than an hour are reported by a dry run and deleted by a real one', async () => {
    const [nobody, ended, failed] = [
      crypto.randomUUID(),
      (await requestPresignedPost(person)).photo.id,
      (await requestPresignedPost(await signUp(product))).photo.id,
    ];
    await status(ended, 'EXPIRED');
    await status(failed, 'FAILED');
    const keys = [
      `image/${failed}/50.webp`,
      `image/${nobody}/50.webp`,
      `staged/${nobody}`,
      `temp/${ended}`,
      `temp/${nobody}`,
    ].sort();
    for (const key of keys) await putObject(product, key, Buffer.from('x'));
    expect(await runCleanup(false)).toEqual([]);
    wait(1.1);

    expect(await runCleanup(true)).toEqual(keys.map((key) => `remove ${key}`));
    expect((await storedKeys(product)).sort()).toEqual(keys);

    expect(await runCleanup(false)).toEqual(keys.map((key) => `remove ${key}`));
    expect(await storedKeys(product)).toEqual([]);
    expect(await runCleanup(false)).toEqual([]);
  });

  test('do not include those of READY or unfinished photos, nor foreign objects', async () => {
    await uploadSmallPhoto(person);
    const { photo } = await requestPresignedPost(await signUp(product));
    await putObject(product, `temp/${photo.id}`, Buffer.from('x'));
    await putObject(product, 'image/logo.png', Buffer.from('x'));
    await putObject(product, 'elsewhere/x', Buffer.from('x'));
    const keys = await storedKeys(product);
    expect(keys).toHaveLength(5);

    wait(23);
    await runCleanup(false);

    expect(await storedKeys(product)).toEqual(keys);
  });

  test('include uploads older than EXPIRATION_DAYS in any state', async () => {
    const { photo } = await requestPresignedPost(person);
    await putObject(product, `temp/${photo.id}`, Buffer.from('x'));

    wait(25);

    expect(await runCleanup(false)).toEqual([`remove temp/${photo.id}`]);
  });
});
