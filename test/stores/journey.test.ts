/** The journey of a photo, from its upload to its erasure, on third-party S3 servers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../contract/limits.ts';
import { runDoctor } from '../../tools/doctor/doctor.ts';
import { colorsOf } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  queueDepth,
  requestPresignedPost,
  runWaitingJobsNow,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { storedKeys } from '../support/stored-objects.ts';
import { startR2, startS3rver, type ThirdPartyStore } from '../support/third-party-stores.ts';
import { startVersionedStore } from '../support/versioned-store.ts';

const STORES: [string, () => Promise<ThirdPartyStore>][] = [
  ["Cloudflare's R2 emulator (miniflare)", startR2],
  ['s3rver', startS3rver],
  ['a bucket with versions', startVersionedStore],
];

const PHOTO = 'photo { id status url(size: 50) variants { url } }';

describe.each(STORES)('on %s', (_, startStore) => {
  let store: ThirdPartyStore;
  let product: Product;
  let person: Person;
  beforeAll(async () => {
    store = await startStore();
    product = await startProduct({ ...store.env, THUMB_DIMENSIONS: '50', BLUR: 'false' });
  });
  afterAll(async () => {
    await product.close();
    await store.close();
  });

  async function upload(file: Uint8Array<ArrayBuffer>) {
    const { data, errors } = await person.upload(
      `mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { ${PHOTO} } }`,
      file,
    );
    expect(errors).toEqual([]);
    return data.uploadProfilePhoto.photo;
  }

  const crop = async () =>
    (
      await person.query(
        `mutation { cropProfilePhoto(crop: { rectangle: { x: 0, y: 0, width: 0.5, height: 0.5 } }) { ${PHOTO} } }`,
      )
    ).cropProfilePhoto.photo;

  const statusesOf = (urls: string[]) =>
    Promise.all(urls.map(async (url) => (await fetch(url)).status));

  const urlsOf = (photo: { variants: { url: string }[] }) => photo.variants.map(({ url }) => url);

  /** Makes scheduled erasures due now. */
  const keysLeft = async () => {
    await runWaitingJobsNow(product);
    return storedKeys(product);
  };

  test('every route of uploading, cropping and replacing works, and deletion leaves no object', async () => {
    person = await signUp(product);
    const inline = await upload(await makePhoto());
    expect(new Set(await statusesOf(urlsOf(inline)))).toEqual(new Set([200]));

    const staged = await upload(await makePhotoOfBytes(LIMITS.inlineBytes + 2_000_000));
    const cropped = await crop();
    const picture = await (await fetch(cropped.url)).arrayBuffer();
    expect(new Set(await colorsOf(new Uint8Array(picture)))).toHaveLength(1);
    const form = await requestPresignedPost(person);
    expect((await sendPresignedPost(form, await makePhotoOfBytes(3_000_000))).status).toBe(204);
    const direct = await waitForStatus(person, form.photo.id, 'READY');

    const replaced = [inline, staged, cropped].flatMap(urlsOf);
    await expect
      .poll(async () => new Set(await statusesOf(replaced)), { timeout: 20_000 })
      .toEqual(new Set([404]));
    expect(new Set(await statusesOf(urlsOf(direct)))).toEqual(new Set([200]));

    await person.query('mutation { deleteProfilePhoto { id } }');
    await expect.poll(keysLeft, { timeout: 20_000 }).toEqual([]);

    const last = await upload(await makePhoto());
    await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
    await expect.poll(keysLeft, { timeout: 20_000 }).toEqual([]);
    expect(new Set(await statusesOf(urlsOf(last)))).toEqual(new Set([404]));
    await expect.poll(() => queueDepth(product)).toBe(0);
    expect(await (await fetch(`${product.url}/readyz`)).json()).toMatchObject({ erasures: 'ok' });
  });

  test('the doctor leaves the bucket empty', async () => {
    const { url } = product;
    const { S3_ENDPOINT: endpoint, PHOTO_BUCKET: bucket } = store.env;
    const visit = { url, origin: url, credentials: {}, bucket, endpoint, timeoutMs: 20_000 };

    const findings = await runDoctor(visit);

    expect(findings.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(findings.at(-1)).toMatchObject({
      ...{ check: 'objects deleted', status: 'passed' },
      fact: expect.stringContaining('the bucket has no object'),
    });
    expect(await storedKeys(product)).toEqual([]);
  });
});
