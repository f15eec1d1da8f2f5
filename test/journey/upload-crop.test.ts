import { afterAll, beforeAll, expect, test } from 'vitest';
import { colorsOf } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

const UPLOAD = `mutation ($base64: String!, $crop: CropInput) {
  uploadProfilePhoto(photo: { base64: $base64 }, crop: $crop) {
    photo { crop { strategy x y width height } url(size: 100) }
  }
}`;

let product: Product;
let person: Person;
/** 400 x 200: red and green above, blue and white below. */
let base64: string;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '100' });
  person = await signUp(product);
  base64 = Buffer.from(await makePhoto(400, 200)).toString('base64');
});
afterAll(() => product.close());

const upload = (crop: object | undefined) => person.send(UPLOAD, { base64, crop });

test.each([
  [
    'the middle for CENTRE',
    { strategy: 'CENTRE' },
    { strategy: 'CENTRE', x: 0.25, y: 0, width: 0.5, height: 1 },
    ['red', 'green', 'blue', 'grey'],
  ],
  [
    'what is around a focal point',
    { focalPoint: { x: 0.27, y: 0.9 } },
    { strategy: 'FOCAL_POINT', x: 0.02, y: 0, width: 0.5, height: 1 },
    ['red', 'red', 'blue', 'blue'],
  ],
  [
    'the nearest square to a focal point in a corner',
    { focalPoint: { x: 1, y: 1 } },
    { strategy: 'FOCAL_POINT', x: 0.5, y: 0, width: 0.5, height: 1 },
    ['green', 'green', 'grey', 'grey'],
  ],
  [
    'the rectangle, when it is square',
    { rectangle: { x: 0.5, y: 0.5, width: 0.25, height: 0.5 } },
    { strategy: 'RECTANGLE', x: 0.5, y: 0.5, width: 0.25, height: 0.5 },
    ['grey', 'grey', 'grey', 'grey'],
  ],
  [
    'the middle of a rectangle that is not square',
    { rectangle: { x: 0, y: 0, width: 1, height: 0.5 } },
    { strategy: 'RECTANGLE', x: 0.375, y: 0, width: 0.25, height: 0.5 },
    ['red', 'green', 'red', 'green'],
  ],
  [
    'the rectangle rather than the focal point or the strategy',
    {
      strategy: 'CENTRE',
      focalPoint: { x: 1, y: 1 },
      rectangle: { x: 0, y: 0, width: 0.5, height: 1 },
    },
    { strategy: 'RECTANGLE', x: 0, y: 0, width: 0.5, height: 1 },
    ['red', 'red', 'blue', 'blue'],
  ],
  [
    'a rectangle that misses the edge by a rounding error',
    { rectangle: { x: 0.5, y: 0, width: 0.5 + 1e-9, height: 1 } },
    { strategy: 'RECTANGLE', x: 0.5, y: 0, width: 0.5, height: 1 },
    ['green', 'green', 'grey', 'grey'],
  ],
] as const)('crops %s and returns the crop', async (...[, crop, said, colours]) => {
  const { data, errors } = await upload(crop);

  expect(errors).toEqual([]);
  const { photo } = data.uploadProfilePhoto;
  expect(photo.crop.strategy).toBe(said.strategy);
  for (const side of ['x', 'y', 'width', 'height'] as const) {
    // A pixel of 400 is 0.0025.
    expect(Math.abs(photo.crop[side] - said[side])).toBeLessThanOrEqual(0.0025);
  }
  const picture = await (await fetch(photo.url)).arrayBuffer();
  expect(await colorsOf(new Uint8Array(picture))).toEqual(colours);
});

test.each([undefined, {}, { strategy: 'ATTENTION' }])(
  'looks for the most interesting square by itself with %j',
  async (crop) => {
    const { data } = await upload(crop);

    const { x, ...rest } = data.uploadProfilePhoto.photo.crop;
    expect(rest).toEqual({ strategy: 'ATTENTION', y: 0, width: 0.5, height: 1 });
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(0.5);
  },
);

const whole = { x: 0, y: 0, width: 1, height: 1 };
test.each([
  ['a strategy without its rectangle', { strategy: 'RECTANGLE' }, 'crop.rectangle'],
  ['a strategy without its point', { strategy: 'FOCAL_POINT' }, 'crop.focalPoint'],
  ['no area', { rectangle: { ...whole, width: 0 } }, 'crop.rectangle'],
  ['more than the photo', { rectangle: { ...whole, x: 0.5 } }, 'crop.rectangle'],
  ['a corner outside', { rectangle: { ...whole, y: -0.1 } }, 'crop.rectangle.y'],
  ['a side too long', { rectangle: { ...whole, height: 1.1 } }, 'crop.rectangle.height'],
  ['a point outside', { focalPoint: { x: 1.5, y: 0 } }, 'crop.focalPoint.x'],
])('rejects %s with the path of the mistake', async (_, crop, path) => {
  const { status, errors } = await upload(crop);

  expect(status).toBe(400);
  expect(errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    retryable: false,
    fields: [{ path }],
  });
});
