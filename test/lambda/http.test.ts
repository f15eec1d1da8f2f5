import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CACHE_CONTROL, stagedKey, temporaryKey } from '../../contract/keys.ts';
import { defineHandlers } from '../../lambda/handlers/handlers.ts';
import { breakPuts } from './support/breaking.ts';
import { type Bucket, openBucket } from './support/bucket.ts';
import { quarters } from './support/drawings.ts';
import { freshId, post } from './support/events.ts';

let bucket: Bucket;
let http: ReturnType<typeof defineHandlers>['http'];

beforeAll(async () => {
  bucket = await openBucket();
  Object.assign(process.env, bucket.env);
  ({ http } = defineHandlers(bucket.env));
});
afterAll(() => bucket.close());

const photo = () => quarters(640, 480).jpeg().toBuffer();

const stage = (photoId: string, Body: Uint8Array, Key = stagedKey(photoId)) =>
  bucket.client.send(new PutObjectCommand({ Bucket: 'photos', Key, Body }));

describe('POST /images/{photoId}', () => {
  test('stores the master and all squares as immutable, and returns them', async () => {
    const photoId = freshId();

    const { status, body } = await post(http, photoId, await photo());

    expect(status).toBe(200);
    expect(body).toMatchObject({ photoId, width: 640, height: 480 });
    const names = body.variants.map(({ name, format }) => `image/${photoId}/${name}.${format}`);
    expect(names).toContain(`image/${photoId}/400.webp`);
    expect(await bucket.keys(`image/${photoId}/`)).toEqual(names.sort());
    const { bytes, ...headers } = await bucket.read(`image/${photoId}/400.webp`);
    expect(headers).toEqual({ contentType: 'image/webp', cacheControl: CACHE_CONTROL });
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 400, height: 400 });
    const stored = body.variants.find(({ name }) => name === '400');
    expect(stored?.bytes).toBe(bytes.length);
  });

  test('accepts the photo as base64 in JSON, plain or as a data URL', async () => {
    const base64 = (await photo()).toString('base64');

    for (const image of [base64, `data:image/png;base64,${base64}`]) {
      const { status } = await post(http, freshId(), { image });
      expect(status).toBe(200);
    }
  });

  test('accepts a staged photo and deletes it afterwards', async () => {
    const photoId = freshId();
    await stage(photoId, await photo());

    const { status } = await post(http, photoId, { key: stagedKey(photoId) });

    expect(status).toBe(200);
    expect(await bucket.keys('staged/')).toEqual([]);
  });

  test('accepts a direct upload whose event was lost, and leaves its deletion to the caller', async () => {
    const photoId = freshId();
    const key = temporaryKey(photoId);
    await stage(photoId, await photo(), key);

    const others = await post(http, freshId(), { key });
    const own = await post(http, photoId, { key });

    expect([others.status, own.status]).toEqual([400, 200]);
    expect(await bucket.keys('temp/')).toEqual([key]);
    await bucket.client.send(new DeleteObjectCommand({ Bucket: 'photos', Key: key }));
  });

  test('deletes a staged photo that is itself invalid', async () => {
    const photoId = freshId();
    await stage(photoId, Buffer.from('%PDF-1.7'));

    const { status, body } = await post(http, photoId, { key: stagedKey(photoId) });

    expect([status, body.error.code]).toEqual([400, 'PHOTO_TYPE_UNSUPPORTED']);
    expect(await bucket.keys('staged/')).toEqual([]);
  });

  test('does not access the staged photo of another id', async () => {
    const other = freshId();
    await stage(other, await photo());

    const { status, body } = await post(http, freshId(), { key: stagedKey(other) });

    expect([status, body.error.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(await bucket.keys('staged/')).toEqual([stagedKey(other)]);
  });

  test('cuts the requested rectangle and returns it', async () => {
    const crop = 'rectangle:0,0,0.5,0.5';

    const { body } = await post(http, freshId(), await photo(), { crop });

    expect(body.crop).toEqual({
      strategy: 'RECTANGLE',
      x: 40 / 640,
      y: 0,
      width: 0.375,
      height: 0.5,
    });
  });

  test('rejects more bytes than MAX_UPLOAD_BYTES, sent or staged', async () => {
    const { http: small } = defineHandlers({ ...bucket.env, MAX_UPLOAD_BYTES: '1000' });
    const photoId = freshId();
    const bytes = await photo();
    await stage(photoId, bytes);

    const sent = await post(small, freshId(), bytes);
    const staged = await post(small, photoId, { key: stagedKey(photoId) });

    const refusal = { code: 'PHOTO_TOO_LARGE', limit: 1000, actual: bytes.length };
    expect([sent.status, sent.body.error]).toMatchObject([413, refusal]);
    expect([staged.status, staged.body.error]).toMatchObject([413, refusal]);
  });

  const known = freshId();
  test.each([
    ['a photo id that is no UUID', { photoId: 'me' }],
    ['an empty body', { sent: Buffer.alloc(0) }],
    ['a crop that leaves the photo', { query: { crop: 'rectangle:0.5,0,1,1' } }],
    ['JSON without a photo', { sent: { photo: 'x' } }],
    ['base64 that is none', { sent: { image: '§§§' } }],
    ['a staged photo that is not there', { photoId: known, sent: { key: stagedKey(known) } }],
  ])('responds 400 BAD_USER_INPUT to %s', async (_, wrong) => {
    const { photoId, sent, query } = {
      photoId: known,
      sent: Buffer.from('x'),
      query: {},
      ...wrong,
    };

    const { status, body } = await post(http, photoId, sent, query);

    expect([status, body.error.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('responds 404 to any other route', async () => {
    const answers = [
      await post(http, freshId(), Buffer.from('x'), {}, { method: 'GET' }),
      await post(http, `${freshId()}/more`, Buffer.from('x')),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });

  test('stores all or nothing, and keeps the staged photo after an internal error', async () => {
    const broken = await breakPuts(bucket.env.S3_ENDPOINT, /200\.webp/);
    const { http: failing } = defineHandlers({ ...bucket.env, S3_ENDPOINT: broken.endpoint });
    const photoId = freshId();
    await stage(photoId, await photo());

    const { status, body } = await post(failing, photoId, { key: stagedKey(photoId) });

    expect([status, body.error.code]).toEqual([500, 'PROCESSING_FAILED']);
    expect(await bucket.keys(`image/${photoId}/`)).toEqual([]);
    expect(await bucket.keys(stagedKey(photoId))).toEqual([stagedKey(photoId)]);
    broken.close();
  });

  test('responds 500 without details when the bucket is unavailable', async () => {
    const { http: lost } = defineHandlers({ ...bucket.env, PHOTO_BUCKET: 'gone' });

    const { status, body } = await post(lost, freshId(), await photo());

    expect([status, body.error]).toEqual([
      500,
      { code: 'PROCESSING_FAILED', message: expect.not.stringMatching(/gone|bucket|S3/i) },
    ]);
  });
});
