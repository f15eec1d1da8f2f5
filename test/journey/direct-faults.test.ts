import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  type PresignedPost,
  queueDepth,
  requestPresignedPost,
  runJob,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { openFaultyBucket } from '../support/faulty-bucket.ts';
import { makePhoto } from '../support/photos.ts';
import { processesOf } from '../support/process.ts';
import { type Product, startProduct } from '../support/product.ts';
import { storedKeys } from '../support/stored-objects.ts';
import { followPhoto, subscriptionClient, withoutProcessing } from '../support/subscription.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let bucket: Awaited<ReturnType<typeof openFaultyBucket>>;
/** Between the function and the API. */
let line: TcpProxy;
let product: Product;
let person: Person;
let form: PresignedPost;
beforeAll(async () => {
  bucket = await openFaultyBucket();
  line = await startTcpProxy({ host: '127.0.0.1', port: 1 });
  product = await startProduct(
    {
      ...bucket.env,
      CALLBACK_URL: line.url + CALLBACK_PATH,
      THUMB_DIMENSIONS: '50',
      BLUR: 'false',
    },
    // One call at a time: what is held holds all, until it is ended.
    { queue: { visibilityTimeout: 1, concurrency: 1 }, functions: { timeout: 5_000 } },
  );
  line.redirect({ host: '127.0.0.1', port: Number(new URL(product.url).port) });
});
afterAll(async () => {
  await product.close();
  await line.close();
  await bucket.close();
});
beforeEach(async () => {
  bucket.fault = () => false;
  person = await signUp(product);
  form = await requestPresignedPost(person);
});

/** What the owner hears of it, from now to its end. */
const hear = () => followPhoto(subscriptionClient(product, person.token), form.photo.id);

const isUpload = (url: string) => url.includes(`temp/${form.photo.id}`);

async function expectReady(following: ReturnType<typeof hear>) {
  expect(withoutProcessing((await following).states)).toEqual(['AWAITING_UPLOAD', 'READY']);
  const { variants } = await waitForStatus(person, form.photo.id, 'READY');
  for (const { url } of variants) expect((await fetch(url)).status).toBe(200);
  await expect.poll(() => storedKeys(product)).not.toContain(`temp/${form.photo.id}`);
}

/** Holds the next request of this kind to the bucket. */
function hold(isMeant: (request: { method: string; url: string }) => boolean) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<boolean>();
  let isHeld = false;
  bucket.fault = (request) => {
    if (isHeld || !isMeant(request)) return false;
    isHeld = true;
    reached.resolve();
    return released.promise;
  };
  return { reached: reached.promise, release: () => released.resolve(true) };
}

describe('the bucket answers 503', () => {
  test('for a while: the photo is READY when it has recovered', async () => {
    let refused = 0;
    // More than the function asks in one go.
    bucket.fault = ({ method, url }) => method === 'GET' && isUpload(url) && refused++ < 4;
    const following = hear();

    await sendPresignedPost(form, await makePhoto());

    await expectReady(following);
    expect(refused).toBeGreaterThan(4);
  });

  test('to the form itself: the sender is asked to retry, and can', async () => {
    bucket.fault = ({ method, url }) => method !== 'GET' && isUpload(url);
    const refusal = await sendPresignedPost(form, await makePhoto());
    bucket.fault = () => false;

    const answer = await sendPresignedPost(form, await makePhoto());

    expect([refusal.status, answer.status]).toEqual([500, 204]);
    await waitForStatus(person, form.photo.id, 'READY');
  });
});

describe('the function', () => {
  test('is killed while processing: the upload is retried', async () => {
    const { reached, release } = hold(({ method, url }) => method === 'PUT' && /image\//.test(url));
    const following = hear();
    await sendPresignedPost(form, await makePhoto());
    await reached;

    const killed = await killFunctions();
    release();

    expect(killed).toBeGreaterThan(0);
    await expectReady(following);
  });

  test('exceeds its timeout: it is stopped, and the upload is retried', async () => {
    const { reached, release } = hold(({ method, url }) => method === 'GET' && isUpload(url));
    const following = hear();

    await sendPresignedPost(form, await makePhoto());

    await reached;
    await expectReady(following);
    release();
  });

  /** Those of this process alone: the last word of their command is whose they are. */
  async function killFunctions() {
    const processes = await processesOf('lambda/index.cjs');
    const own = processes.filter(({ command }) => command.trim().endsWith(` ${process.pid}`));
    for (const { pid } of own) process.kill(pid, 'SIGKILL');
    return own.length;
  }
});

describe('the API is down at the callback', () => {
  const hasPictures = async () =>
    (await storedKeys(product)).some((key) => key.startsWith(`image/${form.photo.id}/`));

  /** Takes the API away between the claim of an upload and its end. */
  async function cutAfterClaim() {
    const { reached, release } = hold(({ method, url }) => method === 'PUT' && /image\//.test(url));
    const following = hear();
    await sendPresignedPost(form, await makePhoto());
    await reached;
    await line.disconnect();
    release();
    await expect.poll(hasPictures, { timeout: 10_000 }).toBe(true);
    return { following };
  }

  test('before processing, briefly: nothing is downloaded until it is back', async () => {
    let downloads = 0;
    bucket.fault = ({ method, url }) => {
      if (method === 'GET' && isUpload(url)) downloads += 1;
      return false;
    };
    await line.disconnect();
    const following = hear();
    await sendPresignedPost(form, await makePhoto());
    // The first byte, once for each delivery of the message.
    await expect.poll(() => downloads, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await hasPictures()).toBe(false);

    await line.restore();

    await expectReady(following);
  });

  test('briefly: the callback arrives once it is back', async () => {
    const { following } = await cutAfterClaim();

    await line.restore();

    await expectReady(following);
  });

  test('for longer than the queue tries after the claim: cleanup finishes the photo in progress', {
    timeout: 60_000,
  }, async () => {
    const { following } = await cutAfterClaim();
    await expect.poll(() => queueDepth(product), { timeout: 40_000, interval: 500 }).toBe(0);
    await waitForStatus(person, form.photo.id, 'PROCESSING');

    await line.restore();
    await product.sql(`update photos set expires_at = now() - interval '11 min' where id = $1`, [
      form.photo.id,
    ]);
    await runJob(product, 'recover_uploads');

    await expectReady(following);
  });

  test('for longer than the queue tries: the recovery job finishes it', {
    timeout: 60_000,
  }, async () => {
    await line.disconnect();
    const following = hear();
    await sendPresignedPost(form, await makePhoto());
    await expect.poll(() => queueDepth(product), { timeout: 40_000, interval: 500 }).toBe(0);
    await waitForStatus(person, form.photo.id, 'AWAITING_UPLOAD');

    await line.restore();
    await product.sql(`update photos set expires_at = now() - interval '2 min' where id = $1`, [
      form.photo.id,
    ]);
    await runJob(product, 'recover_uploads');

    await expectReady(following);
  });
});
