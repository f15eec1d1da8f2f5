import { afterAll, beforeAll, expect, test } from 'vitest';
import { colorsOf, quarters } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }, alt: "four colours", crop: { strategy: CENTRE }) { photo { id url(size: 50) } }
}`;
const CROP = `mutation ($crop: CropInput!, $alt: String) {
  cropProfilePhoto(crop: $crop, alt: $alt) {
    photo { id status alt width height url(size: 50) crop { strategy x y width height } }
  }
}`;
const corner = { rectangle: { x: 0.5, y: 0, width: 0.5, height: 0.5 } };

async function shown(url: string) {
  const answer = await fetch(url);
  return colorsOf(new Uint8Array(await answer.arrayBuffer()));
}

test('recrops the photo from its master under a new URL, also to a wider crop, without an upload', async () => {
  const file = await quarters(400, 400).jpeg().toBuffer();
  const { data } = await person.upload(UPLOAD, new Uint8Array(file));
  const first = data.uploadProfilePhoto.photo;

  const { cropProfilePhoto: narrow } = await person.query(CROP, { crop: corner });
  const { cropProfilePhoto: wide } = await person.query(CROP, { crop: { strategy: 'CENTRE' } });

  expect(narrow.photo).toMatchObject({
    status: 'READY',
    alt: 'four colours',
    width: 400,
    height: 400,
  });
  expect(narrow.photo.crop).toEqual({
    strategy: 'RECTANGLE',
    x: 0.5,
    y: 0,
    width: 0.5,
    height: 0.5,
  });
  expect(new Set([first.id, narrow.photo.id, wide.photo.id]).size).toBe(3);
  expect(await shown(wide.photo.url)).toEqual(['red', 'green', 'blue', 'grey']);
  await expect.poll(async () => (await fetch(first.url)).status, { timeout: 10_000 }).toBe(404);
});

test('shows the chosen crop', async () => {
  const file = await quarters(400, 400).jpeg().toBuffer();
  await person.upload(UPLOAD, new Uint8Array(file));

  const { cropProfilePhoto } = await person.query(CROP, { crop: corner });

  expect(await shown(cropProfilePhoto.photo.url)).toEqual(['green', 'green', 'green', 'green']);
});

test('can change the alternative text as well', async () => {
  const file = await quarters(100, 100).jpeg().toBuffer();
  await person.upload(UPLOAD, new Uint8Array(file));

  const { cropProfilePhoto } = await person.query(CROP, { crop: corner, alt: 'all green' });

  expect(cropProfilePhoto.photo).toMatchObject({ status: 'READY', alt: 'all green' });
});

test('reports an error if there is no photo to crop', async () => {
  const other = await signUp(product);

  const { status, errors } = await other.send(CROP, { crop: corner });

  expect(status).toBe(404);
  expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
});
