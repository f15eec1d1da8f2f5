import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';
import {
  multipart,
  openStreamedRequest,
  PREFLIGHT,
  uploadParts,
} from '../support/streamed-request.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';
import { startWebServer } from '../support/web-server.ts';

const UPLOAD = `mutation ($file: Upload!, $alt: String, $profileId: ID) {
  uploadProfilePhoto(profileId: $profileId, photo: { file: $file }, alt: $alt) {
    photo { id status alt url }
    latestUpload { alt }
  }
}`;

let product: ProxiedProduct;
let person: Person;
let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
let photo: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  product = await startProxiedProduct({ MAX_UPLOAD_BYTES: '8000000', LINK_ALLOW_PRIVATE: 'on' });
  photo = await makePhoto();
});
afterAll(async () => {
  await product.close();
  await spool.close();
});
beforeEach(async () => {
  person = await signUp(product);
});
afterEach(async () => {
  // The test may have deleted them.
  const admin = await signInAdmin(product);
  await admin.send('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
  await erased();
});

const upload = (alt: string) => person.upload(UPLOAD, photo, { alt });

/** An upload that is stopped before the image function hears of it. */
async function heldUpload(alt: string, bytes = photo) {
  const call = product.gateway.holdNext(/^POST/);
  const answer = person.upload(UPLOAD, bytes, { alt });
  return { answer, held: await call };
}

const rows = () =>
  product.sql<{ id: string; status: string; alt: string }>(
    'select id, status, alt from photos where profile_id = $1 order by id',
    [person.profileId],
  );

const storedIds = async () => [
  ...new Set((await product.stored()).map((key) => key.split('/')[1])),
];
const erased = () => expect.poll(product.stored, { timeout: 20_000 }).toEqual([]);

test('a photo that is replaced while its profile is read is not null: the new one is returned', async () => {
  await upload('first');
  await product.reconnectDatabase();
  const statement = product.database.holdNext(/from photos join/);
  const read = person.query('{ me { profile { photo { alt } } } }');
  const held = await statement;

  await upload('second');
  held.release();

  expect((await read).me.profile.photo).toEqual({ alt: 'second' });
  await person.query('mutation { deleteProfilePhoto { id } }');
  await erased();
});

describe('of two concurrent uploads to one profile', () => {
  test('the later one wins although the earlier one ends last, and both succeed', async () => {
    const { answer, held } = await heldUpload('earlier');
    const later = await upload('later');

    held.release();
    const earlier = await answer;

    expect(later.data.uploadProfilePhoto.photo).toMatchObject({ status: 'READY', alt: 'later' });
    expect(earlier.errors).toEqual([]);
    expect(earlier.data).toEqual(later.data);
    const { id } = later.data.uploadProfilePhoto.photo;
    expect(await rows()).toEqual([{ id, status: 'READY', alt: 'later' }]);
    await expect.poll(storedIds, { timeout: 10_000 }).toEqual([id]);
    await person.query('mutation { deleteProfilePhoto { id } }');
    await erased();
  });

  test('the later one replaces the earlier one that ended before it', async () => {
    const first = await heldUpload('earlier');
    const second = await heldUpload('later');

    first.held.release();
    const earlier = await first.answer;
    second.held.release();
    const later = await second.answer;

    const answers = [earlier, later].map(({ data }) => data.uploadProfilePhoto);
    expect(answers).toMatchObject([
      { photo: { alt: 'earlier' }, latestUpload: { alt: 'later' } },
      { photo: { alt: 'later' }, latestUpload: { alt: 'later' } },
    ]);
    await expect.poll(storedIds, { timeout: 10_000 }).toEqual([answers[1].photo.id]);
    expect(await rows()).toMatchObject([{ alt: 'later' }]);
    await person.query('mutation { deleteProfilePhoto { id } }');
    await erased();
  });

  test('the earlier one stays when the later one is not a photo', async () => {
    const { answer, held } = await heldUpload('earlier');
    const nothing = await person.upload(UPLOAD, new Uint8Array(Buffer.from('no photo')));

    held.release();

    expect(nothing.status).toBe(400);
    expect((await answer).data.uploadProfilePhoto.photo.alt).toBe('earlier');
    await person.query('mutation { deleteProfilePhoto { id } }');
    await erased();
  });

  test('or more, the last one remains, and only its objects', async () => {
    const alts = ['1', '2', '3', '4', '5', '6'];

    const answers = await Promise.all(alts.map(upload));

    expect(answers.map(({ status }) => status)).toEqual(alts.map(() => 200));
    const left = await rows();
    expect(left).toMatchObject([{ status: 'READY' }]);
    const { me } = await person.query('{ me { profile { photo { id } } } }');
    expect(me.profile.photo.id).toBe(left[0]?.id);
    await expect.poll(storedIds, { timeout: 10_000 }).toEqual([left[0]?.id]);
    await person.query('mutation { deleteProfilePhoto { id } }');
    await erased();
  });
});

describe.each([
  ['the user is deleted', 'mutation ($id: ID!) { deleteUser(id: $id) }', 'id'],
  ['the profile is deleted', 'mutation ($id: ID!) { deleteProfile(id: $id) }', 'profileId'],
] as const)('when %s runs while a photo is processed', (...[, mutation, id]) => {
  test.each([
    ['in the call', 100_000],
    ['staged', 6_000_000],
  ])('the upload (%s) fails, and no object remains', async (_, bytes) => {
    const { answer, held } = await heldUpload('', await makePhotoOfBytes(bytes));
    const by = await signInAdmin(product);
    await by.query(mutation, { id: person[id] });

    held.release();
    const { status, errors, data } = await answer;

    expect({ status, data }).toEqual({ status: 404, data: null });
    expect(errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', retryable: false });
    expect(await rows()).toEqual([]);
    await erased();
  });

  test('its objects are deleted although the client has disconnected', async () => {
    const { answer, held } = await heldUpload('');
    const [row] = await rows();
    const by = await signInAdmin(product);

    await by.query(mutation, { id: person[id] });

    const later = await product.sql<{ payload: { photoIds: string[] } }>(
      'select payload from graphile_worker._private_jobs where run_at > now()',
    );
    expect(later.filter(({ payload }) => payload.photoIds?.includes(row?.id ?? ''))).toHaveLength(
      1,
    );
    held.release();
    await answer;
    await erased();
  });
});

test('deleteProfilePhoto also deletes a running upload', async () => {
  await upload('current');
  const { answer, held } = await heldUpload('next');

  await person.query('mutation { deleteProfilePhoto { id } }');

  held.release();
  const { status, errors } = await answer;
  expect(status).toBe(404);
  expect(errors[0]).toMatchObject({
    message: 'The photo was deleted during processing. Upload it again.',
    extensions: { code: 'NOT_FOUND' },
  });
  await expect.poll(storedIds, { timeout: 10_000 }).toEqual([]);
});

describe('a photo that fails just while its row is inserted', () => {
  const writing = () => product.database.holdNext(/insert into "photos"/);

  test('is rejected like any other when the file is too large', async () => {
    const row = writing();
    const wire = openStreamedRequest(product, {
      ...PREFLIGHT,
      authorization: `Bearer ${person.token}`,
    });
    await wire.write(
      multipart(uploadParts(UPLOAD, await makePhotoOfBytes(7_000_000)), { ends: false }),
    );
    const held = await row;
    await wire.write(new Uint8Array(2_000_000));
    await expect.poll(spool.files).toEqual([]);

    held.release();

    const { status, errors } = await wire.answer;
    expect(status).toBe(413);
    expect(errors[0]?.extensions.code).toBe('PHOTO_TOO_LARGE');
    wire.abort();
  });

  test('is unreachable like any other when the download of its link is interrupted', async () => {
    const row = writing();
    const bytes = await makePhotoOfBytes(7_000_000);
    await using site = await startWebServer((_, response) => {
      response.write(bytes);
      void row.then(() => response.destroy());
    });
    const LINK = 'mutation ($url: String!) { uploadProfilePhoto(photo: { url: $url }) { id } }';
    const answer = person.send(LINK, { url: site.url });
    const held = await row;
    await site.allDisconnected();
    await person.query('{ me { id } }');

    held.release();

    const { status, errors } = await answer;
    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('PHOTO_SOURCE_UNREACHABLE');
  });
});
