import { expect, test } from 'vitest';
import { readOptions } from '../../lambda/options.ts';

const least = { AWS_REGION: 'eu-central-1', PHOTO_BUCKET: 'photos' };

test('needs a region and a bucket; the rest has defaults', () => {
  expect(readOptions(least)).toEqual({
    region: 'eu-central-1',
    endpoint: undefined,
    bucket: 'photos',
    folder: 'image/',
    sizes: [50, 100, 200, 400],
    formats: ['webp'],
    blur: true,
    blurRadius: 20,
    maxUploadBytes: 26_214_400,
    maxPixels: 50_000_000,
  });
});

test('reads lists in any order', () => {
  const { sizes, formats } = readOptions({
    ...least,
    THUMB_DIMENSIONS: '512, 64',
    FORMATS: 'avif,jpeg',
  });

  expect({ sizes, formats }).toEqual({ sizes: [64, 512], formats: ['jpeg', 'avif'] });
});

test('lists every mistake in one error', () => {
  const start = () => readOptions({ THUMB_DIMENSIONS: '100,100', FORMATS: 'gif', BLUR: 'maybe' });

  for (const name of ['AWS_REGION', 'PHOTO_BUCKET', 'THUMB_DIMENSIONS', 'FORMATS', 'BLUR']) {
    expect(start).toThrow(new RegExp(`${name} must be`));
  }
});

test.each([
  ['S3_ENDPOINT', 'file:///etc'],
  ['IMAGE_FOLDER', 'temp/'],
  ['IMAGE_FOLDER', 'staged/pictures/'],
  ['IMAGE_FOLDER', '../'],
  ['IMAGE_FOLDER', 'image'],
  ['THUMB_DIMENSIONS', '4096'],
  ['THUMB_DIMENSIONS', '1e2'],
  ['THUMB_DIMENSIONS', ','],
  ['FORMATS', 'webp,webp'],
  ['BLUR_RADIUS', '0'],
  ['MAX_UPLOAD_BYTES', '-1'],
  ['MAX_PIXELS', '1e9'],
])('refuses to start with %s=%s', (name, text) => {
  expect(() => readOptions({ ...least, [name]: text })).toThrow(`${name} must be`);
});
