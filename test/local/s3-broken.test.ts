import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startS3Gateway } from '../../local/s3/gateway.ts';
import { beginForm, browserForm, post, readAnswer, writeForm } from './support/form.ts';
import {
  bucket,
  KEY,
  KEYS,
  MAX_BYTES,
  openS3Gateway,
  region,
  type S3Gateway,
} from './support/s3-gateway.ts';

let gateway: S3Gateway;
beforeEach(async () => {
  gateway = await openS3Gateway();
});
afterEach(() => gateway[Symbol.asyncDispose]());

const MiB = 1024 * 1024;
const photo = Buffer.alloc(MAX_BYTES, 'portrait');
const LARGE: ['content-length-range', number, number] = ['content-length-range', 1, 24 * MiB];
const large = Buffer.alloc(24 * MiB, 'portrait');

/** Objects, uploads that are under way, and what was told of them. */
async function traces() {
  const store = new DatabaseSync(join(gateway.dataDir, 'bucket', 'fauxqs.db'), { readOnly: true });
  const [parts] = store.prepare('select count(*) as n from s3_multipart_parts').all();
  store.close();
  return { keys: await gateway.keys(), parts: parts?.n, events: gateway.events };
}
const NONE = { keys: [], parts: 0, events: [] };

test.each([
  ['one byte too many', MAX_BYTES + 1],
  ['more than fits into a part', 11 * MiB],
  ['a hundred times too much', 100 * MAX_BYTES],
])('stores nothing of a file with %s', async (_, size) => {
  const answer = await post(await gateway.form(), Buffer.alloc(size));

  expect(answer).toMatchObject({
    status: 400,
    code: 'EntityTooLarge',
    message: 'Your proposed upload exceeds the maximum allowed size',
  });
  expect(answer.body).toContain(
    `<ProposedSize>${size}</ProposedSize><MaxSizeAllowed>${MAX_BYTES}</MaxSizeAllowed>`,
  );
  expect(await traces()).toEqual(NONE);
});

test('stores nothing of a file that turns out too large after parts of it were sent', async () => {
  const form = await gateway.form({ Conditions: [LARGE] });

  const { code } = await post(form, Buffer.alloc(24 * MiB + 1));

  expect(code).toBe('EntityTooLarge');
  expect(await traces()).toEqual(NONE);
});

test('rejects an empty file', async () => {
  const answer = await post(await gateway.form(), '');

  expect(answer).toMatchObject({ status: 400, code: 'EntityTooSmall' });
  expect(answer.body).toContain('<ProposedSize>0</ProposedSize><MinSizeAllowed>1</MinSizeAllowed>');
  expect(await traces()).toEqual(NONE);
});

test('accepts a photo of 25 MiB', async () => {
  const photo = Buffer.alloc(25 * MiB, 'portrait');
  const form = await gateway.form({ Conditions: [['content-length-range', 1, photo.length]] });

  const { status } = await post(form, photo);

  expect(status).toBe(204);
  expect((await gateway.read(KEY)).bytes.equals(photo)).toBe(true);
});

test('accepts a form sent byte by byte, without a length', async () => {
  const { url, fields } = await gateway.form();
  const request = beginForm(url, { 'transfer-encoding': 'chunked' });
  const answer = readAnswer(request);

  for (const byte of writeForm(browserForm(fields, photo))) {
    await new Promise((resolve) => request.write(Buffer.of(byte), resolve));
  }
  request.end();

  expect(await answer).toMatchObject({ status: 204 });
  expect((await gateway.read(KEY)).bytes.equals(photo)).toBe(true);
});

test.each([
  ['in its last boundary', -10],
  ['before it', -35],
  ['in the file', -100],
])('stores nothing of a form that is truncated %s', async (_, end) => {
  const { url, fields } = await gateway.form();
  const body = writeForm(browserForm(fields, photo)).subarray(0, end);
  const request = beginForm(url, { 'content-length': body.length }).end(body);

  expect(await readAnswer(request)).toMatchObject({ status: 400, code: 'MalformedPOSTRequest' });
  expect(await traces()).toEqual(NONE);
});

test.each<[string, string, object]>([
  ['is no form', 'image/jpeg', { status: 412, code: 'PreconditionFailed' }],
  [
    'is a form of another kind',
    'application/x-www-form-urlencoded',
    { status: 412, code: 'PreconditionFailed' },
  ],
  [
    'names no boundary',
    'multipart/form-data; charset=utf-8',
    { status: 400, code: 'MalformedPOSTRequest' },
  ],
  [
    'names another boundary',
    'multipart/form-data; boundary=x',
    { status: 400, code: 'MalformedPOSTRequest' },
  ],
])('rejects a form that %s', async (_, type, refusal) => {
  const { url, fields } = await gateway.form();
  const body = writeForm(browserForm(fields, photo));
  const request = beginForm(url, { 'content-type': type }).end(body);

  expect(await readAnswer(request)).toMatchObject(refusal);
  expect(await traces()).toEqual(NONE);
});

test('rejects a part with malformed headers', async () => {
  const { url, fields } = await gateway.form();
  const text = writeForm(browserForm(fields, photo)).toString();
  const body = text.replace('Content-Disposition', 'Content\0Disposition');
  const request = beginForm(url).end(body);

  expect(await readAnswer(request)).toMatchObject({ status: 400, code: 'MalformedPOSTRequest' });
  expect(await traces()).toEqual(NONE);
});

test('stores nothing when the browser disconnects halfway', async () => {
  const { url, fields } = await gateway.form({ Conditions: [LARGE] });
  const body = writeForm(browserForm(fields, large));
  const request = beginForm(url, { 'content-length': body.length });
  request.on('error', () => {});

  request.write(body.subarray(0, 16 * MiB));
  await expect.poll(traces, { timeout: 15_000 }).toMatchObject({ parts: 1 });
  request.destroy();

  await expect.poll(traces, { timeout: 15_000 }).toEqual(NONE);
});

test('lets a browser that is still sending read the error, and send the next form', async () => {
  const form = await gateway.form({ Conditions: [LARGE], Expires: -1 });
  const { code } = await post(form, large);

  const { status } = await post(await gateway.form(), photo);

  expect([code, status]).toEqual(['AccessDenied', 204]);
});

test('asks to retry when the event could not be queued', async () => {
  const form = await gateway.form();
  const tell = gateway.onStored.now;
  gateway.onStored.now = () => Promise.reject(new Error('The queue is down.'));

  const first = await post(form, photo);
  gateway.onStored.now = tell;
  const second = await post(form, photo);

  expect(first).toMatchObject({ status: 500, code: 'InternalError' });
  expect(gateway.lines).toEqual(['An upload failed: Error: The queue is down.']);
  expect(second.status).toBe(204);
  expect(gateway.events).toHaveLength(1);
});

test('asks to retry while the bucket is down', async () => {
  const s3 = { endpoint: 'http://127.0.0.1:1', region, credentials: KEYS };
  const uploads = { onStored: async () => {}, log: () => {} };
  const options = { host: '127.0.0.1', port: 0, s3, bucket, folder: 'image/', uploads };
  const lonely = await startS3Gateway(options);
  const form = await gateway.form({ Conditions: [LARGE] });

  const answer = await post({ ...form, url: `${lonely.url}/portrait` }, large);

  await lonely.close();
  expect(answer).toMatchObject({ status: 500, code: 'InternalError' });
});

test('accepts no forms unless configured', async () => {
  const s3 = { endpoint: gateway.store.endpoint, region, credentials: KEYS };
  const closed = await startS3Gateway({ host: '127.0.0.1', port: 0, s3, bucket, folder: 'image/' });
  const form = await gateway.form();

  const { status } = await post({ ...form, url: `${closed.url}/portrait` }, photo);

  await closed.close();
  expect(status).toBe(405);
  expect(await traces()).toEqual(NONE);
});

test('closes during a form, and stores nothing of it', async () => {
  const { url, fields } = await gateway.form({ Conditions: [LARGE] });
  const body = writeForm(browserForm(fields, large));
  const request = beginForm(url, { 'content-length': body.length });
  const cut = once(request, 'error');

  request.write(body.subarray(0, 16 * MiB));
  await expect.poll(traces, { timeout: 15_000 }).toMatchObject({ parts: 1 });
  await gateway.close();

  await cut;
  await expect.poll(traces, { timeout: 15_000 }).toEqual(NONE);
});
