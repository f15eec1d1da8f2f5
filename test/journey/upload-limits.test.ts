import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GraphqlAnswer, type Person, signUp, untilAdmitted } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { multipartUploadKeys, storedKeys } from '../support/stored-objects.ts';
import { startWebServer } from '../support/web-server.ts';

/** 25 MiB, as uploadPolicy says. */
const LIMIT = 26_214_400;

const FACTS =
  'photo { id status variants { url } } latestUpload { id status failure { code message retryable } }';
const UPLOAD = `mutation ($photo: PhotoInput!) { uploadProfilePhoto(photo: $photo) { ${FACTS} } }`;
const UPLOAD_FILE = `mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { ${FACTS} } }`;

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct({ LINK_ALLOW_PRIVATE: 'on' });
});
afterAll(() => product.close());

interface Uploaded {
  uploadProfilePhoto: { photo: { status: string; variants: { url: string }[] } };
}

type Send = (photo: Uint8Array<ArrayBuffer>) => Promise<GraphqlAnswer<Uploaded>>;

const asFile: Send = (photo) => person.upload(UPLOAD_FILE, photo);

const asBase64: Send = (photo) => {
  const lines = Buffer.from(photo).toString('base64').replace(/.{76}/g, '$&\r\n');
  return person.send(UPLOAD, { photo: { base64: lines } });
};

const asLink: Send = async (photo) => {
  await using site = await startWebServer((_, response) => {
    // In two steps, so that the length is not told before.
    response.write(photo.subarray(0, 1_000));
    response.end(photo.subarray(1_000));
  });
  return await person.send(UPLOAD, { photo: { url: site.url } });
};

const asToldLink: Send = async (photo) => {
  await using site = await startWebServer((_, response) => response.end(photo));
  return await person.send(UPLOAD, { photo: { url: site.url } });
};

/** 4,500,000 bytes go to the image function in the call; more has to be staged. */
test.each([
  [4_500_000, 'a file', asFile],
  [4_500_001, 'a file', asFile],
  [LIMIT, 'a file', asFile],
  [LIMIT, 'base64 in lines', asBase64],
  [LIMIT, 'a link', asLink],
])('accepts %i bytes as %s, and leaves nothing staged', async (...[bytes, , send]) => {
  person = await signUp(product);

  const photo = await makePhotoOfBytes(bytes);

  const { errors, data } = await untilAdmitted(() => send(photo));

  expect(errors).toEqual([]);
  expect(data?.uploadProfilePhoto.photo.status).toBe('READY');
  expect((await fetch(data?.uploadProfilePhoto.photo.variants[0]?.url ?? '')).status).toBe(200);
  await expect.poll(waiting, { timeout: 20_000 }).toEqual([]);
});

test.each([
  ['a file', asFile],
  ['base64 in lines', asBase64],
  ['a link', asLink],
  ['a link that tells its length', asToldLink],
])('rejects one byte too many as %s, and keeps the current photo', async (_, send) => {
  person = await signUp(product);
  const [small, large] = [await makePhoto(), await makePhotoOfBytes(LIMIT + 1)];
  await untilAdmitted(() => asFile(small));

  const { status, errors } = await untilAdmitted(() => send(large));

  expect(status).toBe(413);
  expect(errors[0]?.extensions).toMatchObject({
    code: 'PHOTO_TOO_LARGE',
    limit: LIMIT,
    retryable: false,
  });
  const { me } = await person.query('{ me { profile { photo { status } } } }');
  expect(me.profile.photo.status).toBe('READY');
  await expect.poll(waiting, { timeout: 20_000 }).toEqual([]);
});

/** What lies between the API and the image function, or half in the bucket. */
const waiting = async () => [
  ...(await storedKeys(product)).filter((key) => !key.startsWith('image/')),
  ...multipartUploadKeys(product),
];

test('base64 too long for any photo is rejected by its length alone, with a GraphQL error', async () => {
  person = await signUp(product);

  const { status, errors } = await person.send(UPLOAD, {
    photo: { base64: 'A'.repeat(2 * LIMIT) },
  });

  expect(status).toBe(413);
  expect(errors[0]?.extensions).toMatchObject({ code: 'PHOTO_TOO_LARGE', limit: LIMIT });
});

describe('an invalid photo', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"/>';
  const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2);
  const large = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(5_000_000)]);

  test.each([
    ['a text', async () => Buffer.from('Dear Sir or Madam'), 'PHOTO_TYPE_UNSUPPORTED'],
    ['an SVG', async () => Buffer.from(svg), 'PHOTO_TYPE_UNSUPPORTED'],
    ['a large text', async () => large(Buffer.from('Dear Sir')), 'PHOTO_TYPE_UNSUPPORTED'],
    ['half a photo', async () => half(await makePhoto()), 'PHOTO_UNREADABLE'],
    ['half a large photo', async () => half(await makePhotoOfBytes(12e6)), 'PHOTO_UNREADABLE'],
    ['a photo too small', () => makePhoto(31, 31), 'PHOTO_TOO_SMALL'],
  ])('%s: response, row and profile agree', async (_, make, code) => {
    person = await signUp(product);

    const { status, errors, data } = await person.upload(UPLOAD_FILE, new Uint8Array(await make()));

    const message = errors[0]?.message;
    expect(data).toBeNull();
    expect(status).toBe(400);
    expect(errors[0]).toMatchObject({
      path: ['uploadProfilePhoto'],
      extensions: { code, retryable: false },
    });
    const { me } = await person.query(`{ me { profile { ${FACTS} } } }`);
    expect(me.profile).toEqual({
      photo: null,
      latestUpload: expect.objectContaining({
        status: 'FAILED',
        failure: { code, message, retryable: false },
      }),
    });
    const keys = await storedKeys(product);
    expect(keys.filter((key) => key.includes(me.profile.latestUpload.id))).toEqual([]);
  });

  test('an empty file is reported as empty', async () => {
    person = await signUp(product);

    const { status, errors } = await person.upload(UPLOAD_FILE, new Uint8Array());

    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('PHOTO_UNREADABLE');
    expect(errors[0]?.message).toContain('empty');
  });
});
