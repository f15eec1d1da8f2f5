import { expect, test } from 'vitest';
import { readConfig } from '../../lambda/config.ts';

const least = { AWS_REGION: 'eu-central-1', PHOTO_BUCKET: 'photos' };

test('requires a region and a bucket, and has defaults for the rest', () => {
  expect(readConfig(least)).toEqual({
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
    tracing: undefined,
  });
});

test('reads lists in any order', () => {
  const { sizes, formats } = readConfig({
    ...least,
    THUMB_DIMENSIONS: '512, 64',
    FORMATS: 'avif,jpeg',
  });

  expect({ sizes, formats }).toEqual({ sizes: [64, 512], formats: ['jpeg', 'avif'] });
});

test('reports all mistakes in one error', () => {
  const start = () => readConfig({ THUMB_DIMENSIONS: '100,100', FORMATS: 'gif', BLUR: 'maybe' });

  for (const name of ['AWS_REGION', 'PHOTO_BUCKET', 'THUMB_DIMENSIONS', 'FORMATS', 'BLUR']) {
    expect(start).toThrow(new RegExp(`${name} must`));
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
  ['PHOTO_BUCKET', 'My_Bucket'],
  ['THUMB_DIMENSIONS', '1e2'],
  ['THUMB_DIMENSIONS', ','],
  ['FORMATS', 'webp,webp'],
  ['BLUR_RADIUS', '0'],
  ['MAX_UPLOAD_BYTES', '-1'],
  ['MAX_PIXELS', '1e9'],
])('rejects %s=%s', (name, text) => {
  expect(() => readConfig({ ...least, [name]: text })).toThrow(new RegExp(`${name} (must|and)`));
});

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

test('reads the callback URL, and two secrets during a rotation', () => {
  const { callback } = readConfig({
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
])('rejects an incomplete callback: %s', (name, env) => {
  expect(() => readConfig({ ...least, ...env })).toThrow(`${name} must`);
});

test.each(['plain words', 'whsec_c2hvcnQ=', `${secret},`])(
  'refuses the secret "%s" without repeating it',
  (text) => {
    const start = () =>
      readConfig({ ...least, CALLBACK_URL: 'https://api.example.org', CALLBACK_SECRET: text });

    expect(start).toThrow('CALLBACK_SECRET must be');
    expect(start).not.toThrow(text);
  },
);

test('keeps variants and uploads in separate folders when both are configured', () => {
  const start = (image: string, temporary: string) => () =>
    readConfig({ ...least, IMAGE_FOLDER: image, TEMPORARY_IMAGE_PATH: temporary });

  expect(start('temp/', 'inbox/')).not.toThrow();
  expect(start('inbox/pictures/', 'inbox/')).toThrow(/IMAGE_FOLDER (must|and)/);
});
