import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';
import type { HeldConnection } from '../support/tcp-proxy.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { id status url } }
}`;
const RENAME = `mutation ($id: ID!, $name: String) {
  updateProfile(id: $id, input: { displayName: $name }) { displayName }
}`;

let product: ProxiedProduct;
let person: Person;
let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  product = await startProxiedProduct();
});
afterAll(async () => {
  await product.close();
  await spool.close();
});
beforeEach(async () => {
  person = await signUp(product);
});
afterEach(() => product.database.restore());

const upload = async (photo?: Uint8Array<ArrayBuffer>) =>
  person.upload(UPLOAD, photo ?? (await makePhoto()));

const emptied = () => expect.poll(product.stored, { timeout: 10_000 }).toEqual([]);

/** Removes the person's photo, so that the next test finds an empty bucket. */
async function clearAway() {
  await person.query('mutation { deleteProfilePhoto { id } }');
  await emptied();
}

const rows = () =>
  product.sql<{ id: string; status: string; failure_code: string | null }>(
    'select id, status, failure_code from photos where profile_id = $1',
    [person.profileId],
  );

const UNAVAILABLE = {
  message: 'The service is temporarily unavailable. Try again in 5 seconds.',
  extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true, retryAfter: 5 },
};

describe('while the database is down', () => {
  test.each([1_000_000, 6_000_000])(
    'rejects an upload of %i bytes as SERVICE_UNAVAILABLE, stores nothing, and accepts it afterwards',
    async (bytes) => {
      const photo = await makePhotoOfBytes(bytes);
      await product.database.disconnect();

      const { status, errors, data } = await upload(photo);

      expect({ status, data }).toEqual({ status: 503, data: null });
      expect(errors).toEqual([expect.objectContaining(UNAVAILABLE)]);
      expect(await rows()).toEqual([]);
      expect(await product.stored()).toEqual([]);
      await expect.poll(spool.files).toEqual([]);
      await product.database.restore();
      expect((await upload(photo)).data.uploadProfilePhoto.photo.status).toBe('READY');
      await clearAway();
    },
  );

  test('responds to a query with SERVICE_UNAVAILABLE, and with data afterwards', async () => {
    await product.database.disconnect();

    const { status, errors } = await person.send('{ me { id } }');

    expect(status).toBe(503);
    expect(errors).toEqual([expect.objectContaining(UNAVAILABLE)]);
    await product.database.restore();
    expect((await person.send('{ me { id } }')).status).toBe(200);
  });
});

test('a query is abandoned when the database stops responding during it', async () => {
  await product.reconnectDatabase();
  const asked = product.database.holdNext(/select users\.id/);

  const { status, errors } = await person.send('{ me { id } }');

  await asked;
  expect(status).toBe(503);
  expect(errors).toEqual([expect.objectContaining(UNAVAILABLE)]);
});

test('an unresponsive database is abandoned, and queried again when it responds', async () => {
  product.database.stall();

  const { status, errors } = await person.send('{ me { id } }');

  expect(status).toBe(503);
  expect(errors).toEqual([expect.objectContaining(UNAVAILABLE)]);
  await product.database.restore();
  expect((await person.send('{ me { id } }')).status).toBe(200);
});

test('connections broken during transactions do not exhaust the pool', async () => {
  // More than the pool has.
  for (let broken = 0; broken < 12; broken++) {
    const update = product.database.holdNext(/update "profiles"/);
    const answer = person.send(RENAME, { id: person.profileId, name: `${broken}` });
    (await update).breakAfter();
    expect((await answer).status).toBe(503);
  }

  const { data } = await person.send(RENAME, { id: person.profileId, name: 'whole' });

  expect(data.updateProfile.displayName).toBe('whole');
});

test('a photo whose commit response is lost is not reported as failed, and stays', async () => {
  const gateway = product.gateway.holdNext(/^POST/);
  const answer = upload();
  const call = await gateway;
  const commit = product.database.holdNext(/commit/i);
  call.release();
  (await commit).breakAfter();

  const { errors, data } = await answer;

  expect(errors).toEqual([]);
  const { id, url } = data.uploadProfilePhoto.photo;
  expect(await rows()).toEqual([{ id, status: 'READY', failure_code: null }]);
  const jobs = await product.sql<{ payload: { photoIds?: string[] } }>(
    'select payload from graphile_worker._private_jobs',
  );
  expect(jobs.filter(({ payload }) => payload.photoIds?.includes(id))).toEqual([]);
  expect((await fetch(url)).status).toBe(200);
  await clearAway();
});

describe('when the database goes down while a photo is processed', () => {
  async function uploadAndCut() {
    const gateway = product.gateway.holdNext(/^POST/);
    const answer = upload();
    const call: HeldConnection = await gateway;
    await product.database.disconnect();
    call.release();
    return answer;
  }

  test('the response is SERVICE_UNAVAILABLE, and stored objects have a row', async () => {
    const { status, errors } = await uploadAndCut();

    expect(status).toBe(503);
    expect(errors[0]).toMatchObject(UNAVAILABLE);
    const [row] = await rows();
    expect(row).toMatchObject({ status: 'PROCESSING' });
    const stored = await product.stored();
    expect(stored.filter((key) => !key.startsWith(`image/${row?.id}/`))).toEqual([]);
    await product.database.restore();
    expect((await upload()).data.uploadProfilePhoto.photo.status).toBe('READY');
    await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
    await emptied();
  });

  test('the row becomes FAILED once no process can still be working on it, and its objects are deleted', async () => {
    await uploadAndCut();
    await product.database.restore();
    const [{ id } = { id: '' }] = await rows();
    await product.sql(
      "update photos set created_at = now() - interval '11 minutes' where id = $1",
      [id],
    );

    await product.sql("select graphile_worker.add_job('recover_uploads')");

    const LATEST = '{ me { profile { latestUpload { id status failure { code retryable } } } } }';
    await expect
      .poll(async () => (await person.query(LATEST)).me.profile.latestUpload, { timeout: 10_000 })
      .toEqual({ id, status: 'FAILED', failure: { code: 'PROCESSING_FAILED', retryable: true } });
    await eraseNow();
    await emptied();
  });

  test('an upload in progress is not touched', async () => {
    const gateway = product.gateway.holdNext(/^POST/);
    const answer = upload();
    const call = await gateway;

    await product.sql("select graphile_worker.add_job('recover_uploads', job_key => 'recovery')");

    const waiting = () => product.sql("select 1 from graphile_worker.jobs where key = 'recovery'");
    await expect.poll(waiting, { timeout: 10_000 }).toEqual([]);
    call.release();
    expect((await answer).data.uploadProfilePhoto.photo.status).toBe('READY');
    await clearAway();
  });
});

/** Objects of a failed upload are erased a minute later; this is that minute. */
const eraseNow = () =>
  product.sql(
    'select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), run_at => now())',
  );

test('jobs continue after the database was down during one, each time', async () => {
  for (let outage = 0; outage < 2; outage++) {
    await upload();
    const erasing = product.bucket.holdNext(/^POST .*delete/);
    await person.query('mutation { deleteProfilePhoto { id } }');
    const held = await erasing;
    await product.database.disconnect();
    held.release();
    await emptied();
    await product.database.restore();
  }

  const { data } = await upload();

  expect(data.uploadProfilePhoto.photo.status).toBe('READY');
  await clearAway();
});
