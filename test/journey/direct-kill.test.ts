import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { colorsOf } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  PHOTO,
  type PresignedPost,
  requestPresignedPost,
  sendPresignedPost,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { createFolder, query, start as startDatabase, until } from '../support/postgres.ts';
import {
  copyProduct,
  freePorts,
  processesOf,
  type Run,
  start,
  stopAfterAll,
} from '../support/process.ts';
import { report } from '../support/report.ts';

const main = copyProduct('direct-kill');

interface Upload {
  person: Person;
  form: PresignedPost;
}

async function openUploads(product: Run, count: number): Promise<Upload[]> {
  const uploads: Upload[] = [];
  while (uploads.length < count) {
    const person = await signUp(product);
    uploads.push({ person, form: await requestPresignedPost(person) });
  }
  return uploads;
}

const photosOf = (uploads: Upload[]) =>
  Promise.all(
    uploads.map(async ({ person, form }) => (await person.query(PHOTO, form.photo)).photo),
  );

function countStatuses(photos: { status: string }[]) {
  const counts: Record<string, number> = {};
  for (const { status } of photos) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const readyOnes = async (uploads: Upload[]) => countStatuses(await photosOf(uploads)).READY ?? 0;

/** Ends all that belongs to the product at once: itself, its functions, PostgreSQL. */
async function killAll(product: Run, dataDir: string) {
  const others = [
    ...(await processesOf(dataDir)),
    ...(await processesOf('dist/test/direct-kill/')),
  ];
  product.signal('SIGKILL');
  for (const { pid } of others) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended with the product.
    }
  }
  await product.exit;
  await until(async () => (await processesOf(dataDir)).length === 0);
}

/** What lies in the bucket: the folder and the photo of each object. */
function storedObjects(dataDir: string) {
  const store = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'), { readOnly: true });
  const keys = store.prepare('select key from s3_objects').all();
  store.close();
  return keys.map(({ key }) => {
    const [folder, photoId = ''] = String(key).split('/');
    return { folder, photoId };
  });
}

let env: { DATA_DIR: string; PORT: string; THUMB_DIMENSIONS: string };
let product: Run;
beforeAll(async () => {
  env = {
    DATA_DIR: await createFolder(),
    PORT: String(await freePorts()),
    THUMB_DIMENSIONS: '50,100',
  };
  product = await start(main, env, keep);
});
afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));
const keep = stopAfterAll();

/** Of the first test; what they store is still there in the second. */
let early: Upload[];

test('messages waiting when the product stops are delivered after the next start', {
  timeout: 120_000,
}, async () => {
  early = await openUploads(product, 4);
  const photo = await makePhoto(1600, 1200);
  await Promise.all(early.map(({ form }) => sendPresignedPost(form, photo)));

  product.signal('SIGTERM');
  expect(await product.exit).toBe(0);
  product = await start(main, env, keep);

  await expect.poll(() => readyOnes(early), { timeout: 60_000, interval: 300 }).toBe(4);
});

test('kill -9 loses no upload, breaks no link and leaves no object without an owner', {
  timeout: 240_000,
}, async () => {
  const uploads = await openUploads(product, 20);
  const taken = await sendAll(uploads, { until: 8 });
  await killAll(product, env.DATA_DIR);
  const second = await start(main, env, keep);
  await until(async () => (await readyOnes(uploads)) >= 3);
  await killAll(second, env.DATA_DIR);
  await start(main, env, keep);
  const before = await photosOf(uploads);

  await recoverNow(env.DATA_DIR);
  await expect
    .poll(async () => (await photosOf(uploads)).every(isOver), { timeout: 60_000, interval: 300 })
    .toBe(true);

  const after = await photosOf(uploads);
  const ready = after.filter(({ status }) => status === 'READY');
  const links = await openAll(ready);
  await expect
    .poll(() => orphans(env.DATA_DIR, [...ready, ...early.map(({ form }) => form.photo)]), {
      timeout: 20_000,
      interval: 300,
    })
    .toEqual([]);
  expect(ready.length).toBeGreaterThanOrEqual(taken.size);
  report(
    `kill -9 after ${taken.size} of 20 uploads were taken, and again; third start: ${show(before)}; in the end: ${show(after)}; ${links} links open, ${storedObjects(env.DATA_DIR).length} objects of 24, all owned.`,
  );
});

/** Begins to send all, and comes back once so many were taken; the set grows while others still end. */
async function sendAll(uploads: Upload[], { until: enough }: { until: number }) {
  const photo = await makePhoto(1600, 1200);
  const taken = new Set<string>();
  for (const { form } of uploads) {
    // Many will not be answered.
    sendPresignedPost(form, photo).then(
      ({ status }) => status === 204 && taken.add(form.photo.id),
      () => undefined,
    );
  }
  await until(async () => taken.size >= enough);
  return taken;
}

/** What time would do by itself: forms expire, jobs of the dead are released and due, and the recovery job runs. */
async function recoverNow(dataDir: string) {
  const { url } = await startDatabase(dataDir);
  await query(
    url,
    `update photos set expires_at = now() - interval '2 min' where status = 'AWAITING_UPLOAD'`,
  );
  await query(url, `update ${JOBS} set locked_at = locked_at - interval '11 min'`);
  await query(url, `select graphile_worker.add_job('recover_uploads')`);
}

const JOBS = 'graphile_worker._private_jobs';

const isOver = ({ status }: { status: string }) => ['READY', 'FAILED', 'EXPIRED'].includes(status);

const show = (photos: { status: string }[]) => JSON.stringify(countStatuses(photos));

/** Opens every link and looks at the picture. @returns how many there are */
async function openAll(photos: { variants: { url: string }[] }[]) {
  const urls = photos.flatMap(({ variants }) => variants.map(({ url }) => url));
  for (const url of urls) {
    const answer = await fetch(url);
    expect([url, answer.status]).toEqual([url, 200]);
    const colours = await colorsOf(new Uint8Array(await answer.arrayBuffer()));
    if (!url.includes('blurred')) expect(colours).toEqual(['red', 'green', 'blue', 'grey']);
  }
  return urls.length;
}

/** Objects that are no picture of one of these, once all jobs that wait have been done. */
async function orphans(dataDir: string, owners: { id: string }[]) {
  const { url } = await startDatabase(dataDir);
  await query(url, `update ${JOBS} set run_at = now() where locked_at is null`);
  const ids = owners.map(({ id }) => id);
  return storedObjects(dataDir).filter(
    ({ folder, photoId }) => folder !== 'image' || !ids.includes(photoId),
  );
}
