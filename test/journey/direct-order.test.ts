import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { colorsOf, quarters } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  queueDepth,
  requestPresignedPost,
  resendUploadEvent,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { report } from '../support/report.ts';
import { storedPhotos } from '../support/stored-objects.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' });
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await signUp(product);
});

const current = async () => (await person.query('{ me { profile { photo { id } } } }')).me.profile;

const rowOf = (id: string) => product.sql('select * from photos where id = $1', [id]);

const colours = async (url: string) =>
  colorsOf(new Uint8Array(await (await fetch(url)).arrayBuffer()));

/** Everything that was said about uploads has been heard. */
const queueIsEmpty = () => expect.poll(() => queueDepth(product), { timeout: 20_000 }).toBe(0);

describe('a repeated event', () => {
  test('changes nothing, immediately or much later', async () => {
    const { photo, ...form } = await requestPresignedPost(person);
    await sendPresignedPost(form, await makePhoto());
    const { url50 } = await waitForStatus(person, photo.id, 'READY');
    const before = await rowOf(photo.id);

    await resendUploadEvent(product, photo.id);
    await resendUploadEvent(product, photo.id);

    await queueIsEmpty();
    expect(await rowOf(photo.id)).toEqual(before);
    expect((await fetch(url50)).status).toBe(200);
  });

  test('creates one photo when delivered many times concurrently', async () => {
    const { photo, ...form } = await requestPresignedPost(person);
    const sent = sendPresignedPost(form, await makePhoto());

    await Promise.all([
      sent,
      ...Array.from({ length: 12 }, () => resendUploadEvent(product, photo.id)),
    ]);

    const { variants } = await waitForStatus(person, photo.id, 'READY');
    await queueIsEmpty();
    expect(await current()).toEqual({ photo: { id: photo.id } });
    for (const { url } of variants) expect((await fetch(url)).status).toBe(200);
  });

  test('is ignored before the upload exists, and the upload is processed when it arrives', async () => {
    const { photo, ...form } = await requestPresignedPost(person);
    await resendUploadEvent(product, photo.id);
    await queueIsEmpty();

    await sendPresignedPost(form, await makePhoto());

    await waitForStatus(person, photo.id, 'READY');
  });
});

test('of two uploads that finish in reverse order, the later request wins and the other leaves no object', async () => {
  const older = await requestPresignedPost(person, { alt: 'older' });
  const newer = await requestPresignedPost(person, { alt: 'newer' });
  await sendPresignedPost(newer, await makePhoto());
  await waitForStatus(person, newer.photo.id, 'READY');

  await sendPresignedPost(older, await makePhoto());

  await waitForStatus(person, older.photo.id, null);
  expect(await current()).toEqual({ photo: { id: newer.photo.id } });
  await expect.poll(() => storedPhotos(product), { timeout: 10_000 }).not.toContain(older.photo.id);
  expect(await storedPhotos(product)).toContain(newer.photo.id);
});

test.each([1, 2, 3])('a form used twice does not change the image behind a URL (%i)', async () => {
  const form = await requestPresignedPost(person);
  await sendPresignedPost(form, await quarters(300, 300).jpeg().toBuffer());
  const { url50 } = await waitForStatus(person, form.photo.id, 'READY');
  const before = await colours(url50);

  const again = await sendPresignedPost(form, await quarters(300, 300).flip().jpeg().toBuffer());

  expect(again.status).toBe(204);
  await queueIsEmpty();
  expect(await colours(url50)).toEqual(before);
  expect(await waitForStatus(person, form.photo.id, 'READY')).toMatchObject({ failure: null });
});

test('an expired form is rejected', async () => {
  const short = await startProduct({ PRESIGNED_URL_EXPIRATION: '1' });
  try {
    const form = await requestPresignedPost(await signUp(short));
    await expect
      .poll(() => Date.now(), { timeout: 5_000 })
      .toBeGreaterThan(Date.parse(form.expiresAt));

    const answer = await sendPresignedPost(form, await makePhoto());

    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('Policy expired');
  } finally {
    await short.close();
  }
});

test('fifty concurrent uploads all become READY', { timeout: 120_000 }, async () => {
  const people: Person[] = [];
  while (people.length < 50) people.push(await signUp(product));
  const forms = await Promise.all(people.map((one) => requestPresignedPost(one)));
  const photo = await makePhoto(1200, 900);
  const began = Date.now();

  const answers = await Promise.all(forms.map((form) => sendPresignedPost(form, photo)));

  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(204));
  const sent = Date.now() - began;
  const ids = forms.map(({ photo }) => photo.id);
  const statuses = `select status, count(*)::int from photos where id = any($1) group by 1`;
  await expect
    .poll(() => product.sql(statuses, [ids]), { timeout: 100_000, interval: 200 })
    .toEqual([{ status: 'READY', count: 50 }]);
  report(`50 uploads: sent in ${sent} ms, all READY after ${Date.now() - began} ms.`);
});
