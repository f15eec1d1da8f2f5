import { afterAll, beforeAll, expect, test } from 'vitest';
import { colorsOf, quarters } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import { sendPresignedPost } from '../support/direct-upload.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const REQUEST = `mutation ($contentType: String!, $crop: CropInput, $alt: String) {
  requestPhotoUpload(contentType: $contentType, crop: $crop, alt: $alt) {
    url expiresAt fields { name value } photo { id status alt }
  }
}`;
const STATUS =
  '{ me { profile { photo { id status url(size: 100) width } latestUpload { id status failure { code } } } } }';

test('a photo uploaded directly to the bucket becomes the photo of its owner', async () => {
  const { requestPhotoUpload: form } = await person.query(REQUEST, {
    contentType: 'image/jpeg',
    alt: 'four colours',
  });
  expect(form.photo).toMatchObject({ status: 'AWAITING_UPLOAD', alt: 'four colours' });

  const answer = await sendPresignedPost(form, await quarters(300, 300).jpeg().toBuffer());

  expect(answer.status).toBe(204);
  await expect
    .poll(async () => (await person.query(STATUS)).me.profile.latestUpload.status, {
      timeout: 10_000,
    })
    .toBe('READY');
  const { photo } = (await person.query(STATUS)).me.profile;
  expect(photo).toMatchObject({ id: form.photo.id, width: 300 });
  const picture = await fetch(photo.url);
  expect(await colorsOf(new Uint8Array(await picture.arrayBuffer()))).toEqual([
    'red',
    'green',
    'blue',
    'grey',
  ]);
});
