import { afterAll, beforeAll, expect, test } from 'vitest';
import { colorsOf, quarters } from '../lambda/support/drawings.ts';
import { signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }, alt: "four colours") {
    avatarUrl(size: 50)
    photo { id status alt width height url(size: 200) }
  }
}`;

test('turns a file into URLs of images cropped to the configured sizes', async () => {
  const person = await signUp(product);
  const file = await quarters(300, 300).jpeg().toBuffer();

  const { status, data, errors } = await person.upload(UPLOAD, new Uint8Array(file));

  expect(errors).toEqual([]);
  expect(status).toBe(200);
  const { photo, avatarUrl } = data.uploadProfilePhoto;
  expect(photo).toMatchObject({ status: 'READY', alt: 'four colours', width: 300, height: 300 });
  const picture = await fetch(photo.url);
  expect(picture.headers.get('content-type')).toBe('image/webp');
  expect(await colorsOf(new Uint8Array(await picture.arrayBuffer()))).toEqual([
    'red',
    'green',
    'blue',
    'grey',
  ]);
  expect((await fetch(avatarUrl)).status).toBe(200);
});
