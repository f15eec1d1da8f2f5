import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { multipartUploadKeys, storedKeys } from '../support/stored-objects.ts';
import {
  multipart,
  openStreamedRequest,
  PREFLIGHT,
  uploadParts,
} from '../support/streamed-request.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';
import { startWebServer } from '../support/web-server.ts';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { status } }
}`;
const LATEST =
  '{ me { profile { photo { id } latestUpload { status failure { code retryable } } } } }';

let product: Product;
let person: Person;
let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  product = await startProduct({ THUMB_DIMENSIONS: '50', LINK_ALLOW_PRIVATE: 'on' });
});
afterAll(async () => {
  await product.close();
  await spool.close();
});
beforeEach(async () => {
  person = await signUp(product);
});

const open = () =>
  openStreamedRequest(product, { ...PREFLIGHT, authorization: `Bearer ${person.token}` });

const latest = async () => (await person.query(LATEST)).me.profile;

/** Nothing is left of what broke off, and the same person's next upload works. */
async function expectAllWell() {
  await expect.poll(spool.files).toEqual([]);
  await expect.poll(() => multipartUploadKeys(product)).toEqual([]);
  expect(await storedKeys(product)).toEqual([]);
  const { data } = await person.upload(UPLOAD, await makePhoto());
  expect(data.uploadProfilePhoto.photo.status).toBe('READY');
  await person.query('mutation { deleteProfilePhoto { id } }');
  await expect.poll(() => storedKeys(product)).toEqual([]);
}

describe('a client that disconnects during its upload', () => {
  test('leaves nothing behind when the photo is small', async () => {
    const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(1_000_000)));
    const wire = open();
    await wire.write(body.subarray(0, 600_000));
    await expect.poll(spool.files).toHaveLength(1);

    wire.abort();

    await expect.poll(spool.files).toEqual([]);
    expect(await latest()).toEqual({ photo: null, latestUpload: null });
    await expectAllWell();
  });

  test('leaves a failed upload and no objects when part of the photo is staged', async () => {
    const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(20_000_000)));
    const wire = open();
    await wire.write(body.subarray(0, 12_000_000));
    await expect.poll(() => multipartUploadKeys(product)).toHaveLength(1);

    wire.abort();

    await expect.poll(latest).toEqual({
      photo: null,
      latestUpload: { status: 'FAILED', failure: { code: 'PHOTO_UNREADABLE', retryable: false } },
    });
    await expectAllWell();
  });

  test('aborts the download of the URL it gave', async () => {
    await using site = await startWebServer((_, response) => response.write('some bytes'));
    const leaving = new AbortController();
    const asking = fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
      body: JSON.stringify({
        query: `mutation { uploadProfilePhoto(photo: { url: "${site.url}" }) { id } }`,
      }),
      signal: leaving.signal,
    }).catch(() => {});
    await expect.poll(site.connectionCount).toBe(1);

    leaving.abort();

    await asking;
    await site.allDisconnected();
    expect(await latest()).toEqual({ photo: null, latestUpload: null });
  });

  test('leaves nothing behind when its operation is incomplete', async () => {
    const wire = openStreamedRequest(product, {
      'content-type': 'application/json',
      'content-length': '1000',
    });
    await wire.write(Buffer.from('{"query":'));

    wire.abort();

    await wire.closed;
    await expectAllWell();
  });
});

describe('an upload that is larger than allowed', () => {
  const head = multipart(uploadParts(UPLOAD, ''), { ends: false }).subarray(0, -2);
  const megabyte = new Uint8Array(1024 * 1024);

  test('is rejected as soon as the limit is exceeded, however much is still to come', async () => {
    const wire = open();
    await wire.write(head);
    await wire.write(await makePhotoOfBytes(26_214_400));
    await wire.write(megabyte);

    const { status, errors } = await wire.answer;

    expect(status).toBe(413);
    expect(errors[0]?.extensions).toMatchObject({ code: 'PHOTO_TOO_LARGE', limit: 26_214_400 });
    wire.abort();
    await expectAllWell();
  });

  test('may be sent to its end by a client that reads the response only then', async () => {
    const wire = open();
    await wire.write(head);
    for (let sent = 0; sent < 60; sent++) await wire.write(megabyte);
    wire.end();

    expect((await wire.answer).status).toBe(413);
    await wire.closed;
    await expectAllWell();
  });

  test('is disconnected if it never ends', async () => {
    const wire = open();
    let isCut = false;
    void wire.closed.then(() => {
      isCut = true;
    });
    await wire.write(head);

    while (!isCut) await wire.write(megabyte);

    expect((await wire.answer).status).toBe(413);
    await expectAllWell();
  });
});
