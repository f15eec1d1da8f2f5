/** Failing erasures are reported and retried. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { ERASURES_DELAYED } from '../../contract/log-messages.ts';
import { ERASE_PHOTOS } from '../../src/photos/jobs/erasures.ts';
import { signUp } from '../support/client.ts';
import { pendingJobs, runJob, runWaitingJobsNow } from '../support/direct-upload.ts';
import { openFaultyBucket } from '../support/faulty-bucket.ts';
import { captureLog, type Log } from '../support/log.ts';
import { type Product, startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';
import { storedKeys } from '../support/stored-objects.ts';

let log: Log;
let bucket: Awaited<ReturnType<typeof openFaultyBucket>>;
let product: Product;
beforeAll(async () => {
  log = captureLog();
  bucket = await openFaultyBucket();
  product = await startProduct({
    ...bucket.env,
    THUMB_DIMENSIONS: '50',
    BLUR: 'false',
    LOG_LEVEL: 'error',
  });
});
afterAll(async () => {
  await product.close();
  await bucket.close();
  log.release();
});

let photoId: string;
beforeEach(async () => {
  bucket.fault = ({ url }) => url.includes('versions');
  const { person, photo } = await aPerson();
  photoId = photo;
  await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
});

/** With a photo. */
async function aPerson() {
  const person = await signUp(product);
  return { person, photo: await uploadSmallPhoto(person) };
}

const alarms = () => log.entries().filter((entry) => Object(entry).msg === ERASURES_DELAYED);

const ready = async () => {
  const answer = await fetch(`${product.url}/readyz`);
  return { status: answer.status, body: await answer.json() };
};

async function metric(name: string) {
  const all = await (await fetch(`${product.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(all)?.[1]);
}

/** Jobs that wait for their time have it now; until all are done. */
async function recover() {
  bucket.fault = () => false;
  const left = async () => {
    await runWaitingJobsNow(product);
    return pendingJobs(product, ERASE_PHOTOS);
  };
  await expect.poll(left, { timeout: 20_000, interval: 200 }).toEqual([]);
}

/** The first attempt is over. */
const fail = () =>
  expect
    .poll(async () => Object((await pendingJobs(product, ERASE_PHOTOS))[0]).last_error, {
      timeout: 10_000,
    })
    .toMatch('1 of 1 photos could not be erased');

afterEach(recover);

test('shows a failing erasure in the log, in /readyz and in the metrics, and stays ready', async () => {
  await fail();

  expect(await ready()).toMatchObject({
    status: 200,
    body: { status: 'ok', erasures: 'delayed' },
  });

  const failure = log.entries().find((entry) => Object(entry).photoId === photoId);
  expect(failure).toMatchObject({
    level: 50,
    msg: 'A photo could not be erased.',
    attempt: 1,
    err: { message: expect.stringMatching(/SlowDown|reduce your request rate|Unknown/) },
  });
  expect(await metric('portrait_erasures_delayed')).toBe(1);
  expect(await metric('portrait_erasures_delayed_oldest_seconds')).toBeGreaterThan(0);

  await recover();
  expect(await ready()).toMatchObject({ body: { erasures: 'ok' } });
  expect(await metric('portrait_erasures_delayed')).toBe(0);
  expect(await storedKeys(product)).toEqual([]);
});

test('logs the message that triggers the alarm every minute while an erasure fails', async () => {
  await fail();

  await runJob(product, 'recover_uploads');

  await expect
    .poll(alarms, { timeout: 10_000 })
    .toMatchObject([{ level: 50, count: 1, reason: expect.any(String) }]);
});

test('reports the age of the oldest delayed erasure in the first scrape after the failure', async () => {
  await fetch(`${product.url}/metrics`);
  await fail();

  const first = await (await fetch(`${product.url}/metrics`)).text();

  const age = /^portrait_erasures_delayed_oldest_seconds (\S+)$/m.exec(first)?.[1];
  expect(first).toMatch(/^portrait_erasures_delayed 1$/m);
  expect(Number(age)).toBeGreaterThan(0);
});

test('reports delayed erasures before it attempts waiting ones while the store hangs', async () => {
  await fail();
  const release = Promise.withResolvers<void>();
  const hanging = new Set<string>();
  bucket.fault = async ({ url }) => {
    const photo = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(decodeURIComponent(url))?.[0];
    if (!url.includes('versions') || !photo) return false;
    // The first two take both workers; they fail when released. All others hang until the end.
    if (hanging.size < 2 || hanging.has(photo)) {
      hanging.add(photo);
      await release.promise;
    } else {
      await atEnd.promise;
    }
    return true;
  };
  const atEnd = Promise.withResolvers<void>();
  onTestFinished(() => atEnd.resolve());
  for (let count = 0; count < 6; count++) {
    const { person } = await aPerson();
    await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
  }
  await expect.poll(() => hanging.size, { timeout: 10_000 }).toBe(2);

  const before = alarms().length;
  await runJob(product, 'recover_uploads');
  release.resolve();

  await expect.poll(() => alarms().length, { timeout: 8_000 }).toBeGreaterThan(before);
  atEnd.resolve();
});

test('retries a failed erasure within fifteen minutes, however often it has failed, and never gives up', async () => {
  await fail();
  await product.sql(
    `update graphile_worker._private_jobs
     set attempts = 25, max_attempts = 25, run_at = now() + interval '6 h' where locked_at is null`,
  );

  await runJob(product, 'recover_uploads');

  const waiting = `select attempts < max_attempts as "isAlive", run_at < now() + interval '16 min' as "isSoon"
    from graphile_worker.jobs where task_identifier = '${ERASE_PHOTOS}'`;
  await expect
    .poll(() => product.sql(waiting), { timeout: 10_000 })
    .toEqual([{ isAlive: true, isSoon: true }]);
});
