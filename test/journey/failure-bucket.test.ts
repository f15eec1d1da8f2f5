import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhotoOfBytes } from '../support/photos.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';
import {
  multipart,
  openStreamedRequest,
  PREFLIGHT,
  uploadParts,
} from '../support/streamed-request.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { id status url } }
}`;
const LATEST = `{ me { profile {
  photo { id }
  latestUpload { id status failure { code message retryable } }
} } }`;

let product: ProxiedProduct;
let person: Person;
let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  subscribe('child_process', remember);
  product = await startProxiedProduct();
});
afterAll(async () => {
  unsubscribe('child_process', remember);
  await product.close();
  await spool.close();
});
beforeEach(async () => {
  person = await signUp(product);
});
afterEach(() => product.bucket.restore());

/** The processes of the image function, the newest last. */
const functions: ChildProcess[] = [];
function remember(message: unknown) {
  functions.push((message as { process: ChildProcess }).process);
}

const upload = async (bytes: number) => person.upload(UPLOAD, await makePhotoOfBytes(bytes));
const profile = async () => (await person.query(LATEST)).me.profile;

/** The client, the row and the profile say the same; the next upload works, and then nothing is left of the failed one. */
async function expectFailure({ status, errors, data }: Awaited<ReturnType<typeof upload>>) {
  const code = 'PROCESSING_FAILED';
  expect({ status, data }).toEqual({ status: 500, data: null });
  expect(errors[0]?.extensions).toEqual({ code, retryable: true });
  const { photo, latestUpload } = await profile();
  expect(photo).toBeNull();
  const failure = { code, message: errors[0]?.message, retryable: true };
  expect(latestUpload).toEqual({ id: latestUpload.id, status: 'FAILED', failure });
  await expect.poll(spool.files).toEqual([]);
  const strangers = (await product.stored()).filter((key) => !key.includes(latestUpload.id));
  expect(strangers).toEqual([]);

  await product.bucket.restore();
  const next = await upload(100_000);
  expect(next.data.uploadProfilePhoto.photo.status).toBe('READY');
  await clearAway();
}

/** Objects of a failed upload are erased a minute later; this is that minute. */
async function clearAway() {
  await person.query('mutation { deleteProfilePhoto { id } }');
  await product.sql(
    'select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), run_at => now())',
  );
  await expect.poll(product.stored, { timeout: 10_000 }).toEqual([]);
}

const SIZES = [
  ['in the call', 100_000],
  ['staged', 6_000_000],
] as const;

describe.each(SIZES)('a photo sent %s', (_, bytes) => {
  test('gets an internal error while the bucket is down', async () => {
    await product.bucket.disconnect();

    const answer = await upload(bytes);

    await expectFailure(answer);
  });

  test('gets an internal error when the bucket goes down while its variants are stored', async () => {
    const putting = product.bucket.holdNext(/^PUT .*image/);
    const answer = upload(bytes);
    await putting;

    await product.bucket.disconnect();

    await expectFailure(await answer);
  });

  test('gets an internal error when the function is killed while it stores the variants', async () => {
    const putting = product.bucket.holdNext(/^PUT .*image/);
    const answer = upload(bytes);
    await putting;

    functions.at(-1)?.kill('SIGKILL');

    await expectFailure(await answer);
  });
});

test('a photo gets an internal error when the bucket goes down while it is staged', async () => {
  const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(15_000_000)));
  const staging = product.bucket.holdNext(/^PUT .*staged.*partNumber=2/);
  const wire = openStreamedRequest(product, {
    ...PREFLIGHT,
    authorization: `Bearer ${person.token}`,
  });
  void wire.write(body);
  wire.end();
  await staging;

  await product.bucket.disconnect();

  await expectFailure((await wire.answer) as Awaited<ReturnType<typeof upload>>);
});

test('a photo is staged while it is still arriving', async () => {
  const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(15_000_000)));
  const staging = product.bucket.holdNext(/^PUT .*staged.*partNumber=1/);
  const wire = openStreamedRequest(product, {
    ...PREFLIGHT,
    authorization: `Bearer ${person.token}`,
  });
  await wire.write(body.subarray(0, 8_000_000));

  (await staging).release();

  await wire.write(body.subarray(8_000_000));
  wire.end();
  expect((await wire.answer).errors).toEqual([]);
  await clearAway();
});

test('objects deleted while the bucket is down are erased when it is back', async () => {
  await upload(100_000);
  await product.bucket.disconnect();

  const { deleteProfilePhoto } = await person.query(
    'mutation { deleteProfilePhoto { photo { id } } }',
  );

  expect(deleteProfilePhoto).toEqual({ photo: null });
  const failed = () =>
    product.sql(
      'select last_error from graphile_worker.jobs where attempts > 0 and last_error is not null',
    );
  await expect.poll(failed, { timeout: 10_000 }).toHaveLength(1);
  expect(await product.stored()).not.toEqual([]);
  await product.bucket.restore();
  await clearAway();
});
