import { expect, test } from 'vitest';
import { readOptions } from '../../lambda/options.ts';

const least = { AWS_REGION: 'eu-central-1', PHOTO_BUCKET: 'photos' };

test('needs a region and a bucket; the rest has defaults', () => {
  expect(readOptions(least)).toEqual({
    region: 'eu-central-1',
    endpoint: undefined,
    bucket: 'photos',
    folder: 'image/',
    temporaryFolder: 'temp/',
    sizes: [50, 100, 200, 400],
    formats: ['webp'],
    blur: true,
    blurRadius: 20,
    maxUploadBytes: 26_214_400,
    maxPixels: 50_000_000,
    callback: undefined,
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
  ['TEMPORARY_IMAGE_PATH', 'image/'],
  ['TEMPORARY_IMAGE_PATH', 'image/new/'],
  ['TEMPORARY_IMAGE_PATH', 'staged/'],
  ['TEMPORARY_IMAGE_PATH', '/'],
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

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

test('reads who is called back, and two secrets while they change', () => {
  const { callback } = readOptions({
    ...least,
    CALLBACK_URL: 'https://api.example.org/callbacks/photos',
    CALLBACK_SECRET: `${secret}, ${secret}`,
  });

  expect(callback).toEqual({
    url: 'https://api.example.org/callbacks/photos',
    secrets: [secret, secret],
  });
});

test.each([
  ['CALLBACK_SECRET', { CALLBACK_URL: 'https://api.example.org' }],
  ['CALLBACK_URL', { CALLBACK_SECRET: secret }],
  ['CALLBACK_URL', { CALLBACK_URL: 'api.example.org', CALLBACK_SECRET: secret }],
])('refuses to start with half a callback: %s', (name, env) => {
  expect(() => readOptions({ ...least, ...env })).toThrow(`${name} must be`);
});

test.each(['plain words', 'whsec_c2hvcnQ=', `${secret},`])(
  'refuses the secret "%s" without repeating it',
  (text) => {
    const start = () =>
      readOptions({ ...least, CALLBACK_URL: 'https://api.example.org', CALLBACK_SECRET: text });

    expect(start).toThrow('CALLBACK_SECRET must be');
    expect(start).not.toThrow(text);
  },
);

test('keeps pictures and uploads apart when both folders are named', () => {
  const start = (image: string, temporary: string) => () =>
    readOptions({ ...least, IMAGE_FOLDER: image, TEMPORARY_IMAGE_PATH: temporary });

  expect(start('temp/', 'inbox/')).not.toThrow();
  expect(start('inbox/pictures/', 'inbox/')).toThrow('IMAGE_FOLDER must be');
});
