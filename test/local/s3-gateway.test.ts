import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startS3Gateway } from '../../local/s3/gateway.ts';
import { startBucket } from '../../local/s3/store.ts';

const bucket = 'portrait';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const region = 'eu-central-1';
const folder = 'image/';
const PHOTO = '/image/0193-a/400.webp';

/** Objects that are there but not to be shown: outside the folder, or under a name that ours never have. */
const SECRETS = ['secret', 'temp/secret', 'images/secret', 'image/%2e%2e/secret', 'image/a\\b'];

let dataDir: string;
let store: Awaited<ReturnType<typeof startBucket>>;
let gateway: Awaited<ReturnType<typeof startS3Gateway>>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gateway-'));
  store = await startBucket({ dataDir, bucket, credentials });
  const s3 = new S3Client({ ...s3Options(), forcePathStyle: true });
  for (const Key of [PHOTO.slice(1), ...SECRETS]) {
    const object = { Bucket: bucket, Key, Body: 'picture', ContentType: 'image/webp' };
    await s3.send(new PutObjectCommand(object));
  }
  s3.destroy();
  gateway = await startS3Gateway({ host: '127.0.0.1', port: 0, s3: s3Options(), bucket, folder });
});
afterAll(async () => {
  await gateway.close();
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

const s3Options = () => ({ endpoint: store.endpoint, region, credentials });

/** Sends the path unchanged; `fetch` and `URL` would normalize it. */
async function ask(path: string, options: { method?: string; headers?: object } = {}) {
  const { hostname, port } = new URL(gateway.url);
  const request = httpRequest({
    hostname,
    port,
    path,
    ...options,
    headers: { ...options.headers },
  });
  const [response]: IncomingMessage[] = await once(request.end(), 'response');
  if (!response) throw new Error('There is no response.');
  const { statusCode: status, headers } = response;
  return { status, headers, body: await text(response) };
}

const IMMUTABLE = 'public, max-age=31536000, immutable';

const SAFE = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
};

test('sends a photo as immutable and inert', async () => {
  const { status, headers, body } = await ask(PHOTO);

  expect({ status, body }).toEqual({ status: 200, body: 'picture' });
  expect(headers).toMatchObject({
    ...SAFE,
    'cache-control': IMMUTABLE,
    'content-type': 'image/webp',
    'content-length': '7',
    'content-disposition': 'inline',
    etag: expect.stringMatching(/^"\w+"$/),
  });
});

test('responds to HEAD as to GET, without the body', async () => {
  const { headers: get } = await ask(PHOTO);

  const { status, headers, body } = await ask(PHOTO, { method: 'HEAD' });

  expect({ status, body }).toEqual({ status: 200, body: '' });
  expect({ ...headers, date: '' }).toEqual({ ...get, date: '' });
});

test.each([
  ['the same tag', (etag: string) => etag, 304],
  ['a weak tag', (etag: string) => `W/${etag}`, 304],
  ['one of several tags', (etag: string) => `"other", ${etag}`, 304],
  ['any tag', () => '*', 304],
  ['another tag', () => '"other"', 200],
])('compares the ETag of the browser: %s', async (_, held, expected) => {
  const { headers: known } = await ask(PHOTO);

  const ifNoneMatch = { 'if-none-match': held(known.etag ?? '') };
  const { status, headers, body } = await ask(PHOTO, { headers: ifNoneMatch });

  expect({ status, body }).toEqual({ status: expected, body: expected === 200 ? 'picture' : '' });
  expect(headers).toMatchObject({ etag: known.etag, 'cache-control': IMMUTABLE });
});

test('ignores the query', async () => {
  expect(await ask(`${PHOTO}?v=2`)).toMatchObject({ status: 200, body: 'picture' });
});

test.each([
  '/',
  '/image',
  '/image/',
  '/image//',
  '/image/missing',
  '/secret',
  '/temp/secret',
  '/images/secret',
  '/image/../secret',
  '/image/..',
  '/image/./0193-a/400.webp',
  '/image/%2e%2e/secret',
  '/image/%252e%252e/secret',
  '/image/a\\b',
  '/image/%2e%2e%2fsecret',
  '/image%2f0193-a/400.webp',
  '/image/..%2fsecret',
  '/image/..\\secret',
  '/image/..%5csecret',
  '/image/0193-a/400.webp%00',
  '/image/%00',
  '/image/%',
  '/IMAGE/0193-a/400.webp',
  '//image/0193-a/400.webp',
  '/portrait/image/0193-a/400.webp',
  'http://127.0.0.1/image/0193-a/400.webp',
])('sends nothing at %s', async (path) => {
  const { status, headers, body } = await ask(path);

  expect(status).toBe(404);
  expect(body).not.toContain('picture');
  expect(headers).toMatchObject({ ...SAFE, 'cache-control': 'no-store' });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
  const { status, headers } = await ask(PHOTO, { method });

  expect(status).toBe(405);
  expect(headers.allow).toBe('GET, HEAD');
  expect(await ask(PHOTO)).toMatchObject({ status: 200, body: 'picture' });
});

test('responds 503, not 404, while the bucket is down', async () => {
  const s3 = { ...s3Options(), endpoint: 'http://127.0.0.1:1' };
  const lonely = await startS3Gateway({ host: '127.0.0.1', port: 0, s3, bucket, folder });

  const response = await fetch(lonely.url + PHOTO);

  await lonely.close();
  expect(response.status).toBe(503);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('closes although a browser keeps its connection', async () => {
  const own = await startS3Gateway({ host: '127.0.0.1', port: 0, s3: s3Options(), bucket, folder });
  const agent = new Agent({ keepAlive: true });
  const [response]: IncomingMessage[] = await once(
    httpRequest(own.url + PHOTO, { agent }).end(),
    'response',
  );
  if (response) await text(response);

  await own.close();

  await expect(fetch(own.url)).rejects.toThrow();
  agent.destroy();
});

test('names the port in use and the setting that changes it', async () => {
  const port = Number(new URL(gateway.url).port);

  const second = startS3Gateway({ host: '127.0.0.1', port, s3: s3Options(), bucket, folder });

  await expect(second).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is taken. Stop what listens there, or set PORT (photo links are on the port after it) to another port.`,
  );
});

test('disconnects a client that requests photos without reading them', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);

  socket.write(`GET ${PHOTO} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(50));
  socket.resume().on('error', () => {});
  await once(socket, 'close');

  expect((await ask(PHOTO)).status).toBe(200);
});
