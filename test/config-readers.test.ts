import { describe, expect, test } from 'vitest';
import { readConfig as readFunctionConfig } from '../lambda/config.ts';
import { readStackConfig } from '../pulumi/config/read.ts';
import { readConfig } from '../src/config.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

/** The same setting for each reader: as an environment variable, and as stack config where the stack has it. */
const NAMES = {
  IMAGE_FOLDER: 'imageFolder',
  TEMPORARY_IMAGE_PATH: 'temporaryFolder',
  THUMB_DIMENSIONS: 'sizes',
  FORMATS: 'formats',
  BLUR: 'blur',
  BLUR_RADIUS: 'blurRadius',
  MAX_UPLOAD_BYTES: 'maxUploadBytes',
  MAX_PIXELS: 'maxPixels',
  CALLBACK_SECRET: 'callbackSecret',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'otlpEndpoint',
  PHOTO_BUCKET: undefined,
  S3_ENDPOINT: undefined,
  AWS_REGION: undefined,
} as const;

type Name = keyof typeof NAMES;

const isAccepted = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

/** Whether each reader accepts a value. */
function acceptedBy(name: Name, value: string): boolean[] {
  const required = { AWS_REGION: 'eu-central-1', PHOTO_BUCKET: 'photos' };
  const callback = name === 'CALLBACK_SECRET' ? { CALLBACK_URL: 'https://api.example.org' } : {};
  const env = { ...required, ...callback, [name]: value };
  const key = NAMES[name];
  return [
    isAccepted(() => readConfig(env)),
    isAccepted(() => readFunctionConfig(env)),
    ...(key ? [isAccepted(() => readStackConfig('portrait', { [`portrait:${key}`]: value }))] : []),
  ];
}

describe('API, image function and stack', () => {
  test.each<[Name, string]>([
    ['IMAGE_FOLDER', 'faces/'],
    ['TEMPORARY_IMAGE_PATH', 'inbox/'],
    ['THUMB_DIMENSIONS', '400, 64'],
    ['THUMB_DIMENSIONS', '16,2048'],
    ['FORMATS', 'avif,webp'],
    ['BLUR', 'false'],
    ['BLUR', 'on'],
    ['BLUR_RADIUS', '200'],
    ['MAX_UPLOAD_BYTES', '104857600'],
    ['MAX_PIXELS', '1024'],
    ['CALLBACK_SECRET', SECRET],
    ['CALLBACK_SECRET', `${SECRET}, ${SECRET}`],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318'],
    ['PHOTO_BUCKET', 'a-bucket.with.dots'],
    ['S3_ENDPOINT', 'https://s3.example.org'],
    ['AWS_REGION', 'us-gov-west-1'],
  ])('accept %s=%s', (name, value) => {
    expect(acceptedBy(name, value)).not.toContain(false);
  });

  test.each<[Name, string]>([
    ['IMAGE_FOLDER', 'temp/'],
    ['IMAGE_FOLDER', 'staged/'],
    ['IMAGE_FOLDER', 'image'],
    ['IMAGE_FOLDER', 'image/small/'],
    ['IMAGE_FOLDER', '../'],
    ['TEMPORARY_IMAGE_PATH', 'image/'],
    ['THUMB_DIMENSIONS', '50,50'],
    ['THUMB_DIMENSIONS', '8'],
    ['THUMB_DIMENSIONS', '4096'],
    ['THUMB_DIMENSIONS', '1e2'],
    ['THUMB_DIMENSIONS', '16,17,18,19,20,21,22,23,24'],
    ['FORMATS', 'webp,webp'],
    ['FORMATS', 'gif'],
    ['BLUR', 'perhaps'],
    ['BLUR_RADIUS', '0'],
    ['BLUR_RADIUS', '2.5'],
    ['MAX_UPLOAD_BYTES', '1'],
    ['MAX_UPLOAD_BYTES', '104857601'],
    ['MAX_PIXELS', '1'],
    ['MAX_PIXELS', '1e9'],
    ['CALLBACK_SECRET', 'whsec_c2hvcnQ='],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318'],
    ['PHOTO_BUCKET', 'My_Bucket'],
    ['PHOTO_BUCKET', 'ab'],
    ['S3_ENDPOINT', 'file:///etc'],
    ['AWS_REGION', 'Frankfurt!'],
  ])('reject %s=%s', (name, value) => {
    expect(acceptedBy(name, value)).not.toContain(true);
  });
});

test.each([
  ['THUMB_DIMENSION', 'THUMB_DIMENSIONS'],
  ['IMAGE_FOLDERS', 'IMAGE_FOLDER'],
  ['MAX_UPLOAD_BYTE', 'MAX_UPLOAD_BYTES'],
  ['JWT_SECERT', 'JWT_SECRET'],
])('the API warns about %s, which resembles %s', (name, meant) => {
  const { warnings } = readConfig({ [name]: 'anything' });

  expect(warnings).toEqual([`The variable ${name} is not known. Is ${meant} meant?`]);
});

test('the API does not warn about variables of other programs', () => {
  const others = ['HOME', 'HOSTNAME', 'PATH', 'NODE_OPTIONS', 'AWS_PROFILE', 'AWS_REGION', 'LANG'];
  const { warnings } = readConfig(Object.fromEntries(others.map((name) => [name, 'us-east-1'])));

  expect(warnings).toEqual([]);
});
