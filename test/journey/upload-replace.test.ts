import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { storedPhotos } from '../support/stored-objects.ts';

const FACTS = 'photo { id status url url50: url(size: 50) } latestUpload { id status }';
const UPLOAD = `mutation ($file: Upload!, $profileId: ID) {
  uploadProfilePhoto(profileId: $profileId, photo: { file: $file }) { id ${FACTS} }
}`;

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50' });
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await signUp(product);
});
afterEach(async () => {
  await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
  await expect.poll(() => storedPhotos(product), { timeout: 20_000 }).toEqual([]);
});

const profile = async (one = person) =>
  (await one.query(`{ me { profile { ${FACTS} } } }`)).me.profile;

async function upload(one = person) {
  const { data, errors } = await one.upload(UPLOAD, await makePhoto());
  expect(errors).toEqual([]);
  return data.uploadProfilePhoto.photo;
}

/** What a link answers, asked until it is this. */
const opensWith = (url: string, status: number) =>
  expect.poll(async () => (await fetch(url)).status, { timeout: 20_000 }).toBe(status);

const rowsOf = async (photoId: string) =>
  product.sql('select status from photos where id = $1', [photoId]);

test('a second photo replaces the first, whose URLs stop working', async () => {
  const first = await upload();

  const second = await upload();

  expect(second.id > first.id).toBe(true);
  expect(await profile()).toMatchObject({ photo: second, latestUpload: { id: second.id } });
  await opensWith(first.url, 404);
  await opensWith(first.url50, 404);
  await opensWith(second.url, 200);
  expect(await rowsOf(first.id)).toEqual([]);
  expect(await storedPhotos(product)).toEqual([second.id]);
});

test('a photo that fails does not change the current one', async () => {
  const current = await upload();

  const { status } = await person.upload(UPLOAD, new Uint8Array(Buffer.from('no photo')));

  expect(status).toBe(400);
  const { photo, latestUpload } = await profile();
  expect(photo).toEqual(current);
  expect(latestUpload.status).toBe('FAILED');
  expect((await fetch(current.url)).status).toBe(200);
});

test('the next photo deletes failed ones before it', async () => {
  await person.upload(UPLOAD, new Uint8Array(Buffer.from('no photo')));
  const { latestUpload: failed } = await profile();
  expect(failed.status).toBe('FAILED');

  await upload();

  expect(await rowsOf(failed.id)).toEqual([]);
});

test('deleteProfilePhoto deletes the photo and all its objects', async () => {
  const current = await upload();

  const { deleteProfilePhoto } = await person.query(
    `mutation { deleteProfilePhoto { id avatarUrl ${FACTS} } }`,
  );

  expect(deleteProfilePhoto).toMatchObject({
    id: person.profileId,
    photo: null,
    latestUpload: null,
    avatarUrl: expect.stringMatching(/^data:/),
  });
  await opensWith(current.url, 404);
  await expect.poll(() => storedPhotos(product), { timeout: 20_000 }).toEqual([]);
  expect(await rowsOf(current.id)).toEqual([]);
});

test('deleteProfilePhoto without a photo changes nothing', async () => {
  const { deleteProfilePhoto } = await person.query(`mutation { deleteProfilePhoto { ${FACTS} } }`);

  expect(deleteProfilePhoto).toEqual({ photo: null, latestUpload: null });
});

test.each([
  ['deleteProfile', 'mutation ($id: ID!) { deleteProfile(id: $id) }', 'profileId'],
  ['deleteUser', 'mutation ($id: ID!) { deleteUser(id: $id) }', 'id'],
] as const)('%s deletes all its objects, too', async (_, mutation, id) => {
  const other = await signUp(product);
  const photo = await upload(other);

  await other.query(mutation, { id: other[id] });

  await opensWith(photo.url, 404);
  await expect.poll(() => storedPhotos(product), { timeout: 20_000 }).toEqual([]);
  expect(await rowsOf(photo.id)).toEqual([]);
});

test('a photo without a profile is rejected', async () => {
  const other = await signUp(product);
  await other.query('mutation ($id: ID!) { deleteProfile(id: $id) }', { id: other.profileId });

  const { status, errors } = await other.upload(UPLOAD, await makePhoto());

  expect(status).toBe(404);
  expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
});
