import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startBucket } from '../../local/s3/store.ts';

const Bucket = 'portrait';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bucket-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const connect = (endpoint: string) =>
  new S3Client({
    endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });

async function openBucket() {
  const { endpoint, close } = await startBucket({ dataDir, bucket: Bucket, credentials });
  const s3 = connect(endpoint);
  return {
    s3,
    endpoint,
    async [Symbol.asyncDispose]() {
      s3.destroy();
      await close();
    },
  };
}

async function read(s3: S3Client, Key: string) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

test('keeps objects, their types and bytes across a restart', async () => {
  {
    await using bucket = await openBucket();
    await bucket.s3.send(
      new PutObjectCommand({ Bucket, Key: 'image/a', Body: 'picture', ContentType: 'image/webp' }),
    );
  }

  await using bucket = await openBucket();
  const found = await bucket.s3.send(new GetObjectCommand({ Bucket, Key: 'image/a' }));

  expect(await found.Body?.transformToString()).toBe('picture');
  expect(found.ContentType).toBe('image/webp');
});

test('accepts a photo of 25 MB in parts', async () => {
  await using bucket = await openBucket();
  const photo = Buffer.alloc(25_000_000, 'portrait');

  await new Upload({ client: bucket.s3, params: { Bucket, Key: 'staged/a', Body: photo } }).done();

  expect(photo.equals(await read(bucket.s3, 'staged/a'))).toBe(true);
});

test('lists and deletes more than one page of keys', async () => {
  await using bucket = await openBucket();
  const keys = Array.from({ length: 1_050 }, (_, i) => `image/${String(i).padStart(4, '0')}`);
  for (let first = 0; first < keys.length; first += 50) {
    const some = keys.slice(first, first + 50);
    await Promise.all(
      some.map((Key) => bucket.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))),
    );
  }
  const list = async () => {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2(
      { client: bucket.s3 },
      { Bucket, Prefix: 'image/' },
    )) {
      found.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    }
    return found;
  };

  const listed = await list();
  const Objects = keys.slice(0, 1_000).map((Key) => ({ Key }));
  await bucket.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));

  expect(listed).toEqual(keys);
  expect(await list()).toEqual(keys.slice(1_000));
});

/** Signs a request as our clients do, and sends it as it is then changed. */
async function sendSigned(
  endpoint: string,
  change: {
    keys?: typeof credentials;
    signedAt?: number;
    service?: string;
    path?: string;
    headers?: Record<string, string>;
  } = {},
) {
  const { host, hostname, port } = new URL(endpoint);
  const { keys = credentials, signedAt = Date.now(), service = 's3', headers, path } = change;
  const signer = new SignatureV4({
    ...{ service, region: 'eu-central-1', credentials: keys, sha256: Sha256 },
    uriEscapePath: false,
  });
  const asked = { method: 'GET', protocol: 'http:', hostname, headers: { host } };
  const signed = await signer.sign(
    { ...asked, path: `/${Bucket}/image/a` },
    { signingDate: new Date(signedAt) },
  );
  const request = httpRequest({
    ...{ hostname, port, path: path ?? signed.path },
    headers: { ...signed.headers, ...headers },
  }).end();
  const [response] = await once(request, 'response');
  return response.resume().statusCode as number;
}

const MINUTE = 60_000;

test('accepts a request signed with its credentials within fifteen minutes', async () => {
  await using bucket = await openBucket();
  await bucket.s3.send(new PutObjectCommand({ Bucket, Key: 'image/a', Body: 'picture' }));

  const early = await sendSigned(bucket.endpoint, { signedAt: Date.now() - 14 * MINUTE });
  const late = await sendSigned(bucket.endpoint, { signedAt: Date.now() + 14 * MINUTE });

  expect([early, late]).toEqual([200, 200]);
});

test.each([
  ['without a signature', { headers: { authorization: '' } }],
  ['with a header that only looks like one', { headers: { authorization: 'AWS4-x' } }],
  ['under another host name, after DNS rebinding', { headers: { host: 'evil.example' } }],
  ['with another secret', { keys: { ...credentials, secretAccessKey: 'guessed' } }],
  ['with another access key', { keys: { ...credentials, accessKeyId: 'other' } }],
  ['for another object than the signed one', { path: `/${Bucket}/image/b` }],
  ['with another query than the signed one', { path: `/${Bucket}/image/a?uploads` }],
  ['with a header of S3 that is not signed', { headers: { 'x-amz-copy-source': 'portrait/b' } }],
  ['for another service of AWS', { service: 'execute-api' }],
  ['from sixteen minutes ago', { signedAt: Date.now() - 16 * MINUTE }],
  ['from sixteen minutes ahead', { signedAt: Date.now() + 16 * MINUTE }],
  ['with a token that nobody has given', { headers: { 'x-amz-security-token': 'x' } }],
])('rejects a request %s', async (_, change) => {
  await using bucket = await openBucket();

  expect(await sendSigned(bucket.endpoint, change)).toBe(403);
});

test('denies other users of the machine, with their own clients, every object and queue', async () => {
  await using bucket = await openBucket();
  await bucket.s3.send(new PutObjectCommand({ Bucket, Key: 'image/a', Body: 'picture' }));
  const theirs = {
    ...{ endpoint: bucket.endpoint, region: 'us-east-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'local', secretAccessKey: 'theirs' },
  };
  const s3 = new S3Client({ ...theirs, forcePathStyle: true });
  const sqs = new SQSClient(theirs);

  const attempts = await Promise.allSettled([
    s3.send(new GetObjectCommand({ Bucket, Key: 'image/a' })),
    s3.send(new PutObjectCommand({ Bucket, Key: 'image/a', Body: 'theirs' })),
    s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'image/a' }] } })),
    sqs.send(new ListQueuesCommand({})),
    sqs.send(new CreateQueueCommand({ QueueName: 'theirs' })),
  ]);
  s3.destroy();
  sqs.destroy();

  expect(attempts.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  expect(String(await read(bucket.s3, 'image/a'))).toBe('picture');
});

test('listens only on the loopback interface', async () => {
  await using bucket = await openBucket();
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((network) => network && !network.internal && network.family === 'IPv4');
  if (!outside) return;

  const url = bucket.endpoint.replace('127.0.0.1', outside.address);

  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});

test('leaves signals to the product', async () => {
  const before = process.eventNames();

  await using _ = await openBucket();

  expect(process.eventNames()).toEqual(before);
});

test('has every object complete or not at all after a kill -9 during writes', async () => {
  for (let round = 0; round < 3; round += 1) {
    const { child, endpoint } = await startElsewhere();
    const s3 = connect(endpoint);
    const puts = Array.from({ length: 40 }, (_, i) => {
      const Body = Buffer.alloc(1_000_000 + i, `${round}`);
      return s3.send(new PutObjectCommand({ Bucket, Key: `image/${i}`, Body }));
    });
    await Promise.any(puts);
    child.kill('SIGKILL');
    await Promise.allSettled(puts);
    s3.destroy();
  }

  await using bucket = await openBucket();
  const sizes: [string, number, number][] = [];
  for await (const page of paginateListObjectsV2({ client: bucket.s3 }, { Bucket })) {
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      const bytes = await read(bucket.s3, Key);
      expect(new Set(bytes).size, Key).toBe(1);
      sizes.push([Key, Size, bytes.length]);
    }
  }

  expect(sizes.length).toBeGreaterThan(0);
  for (const [key, size, bytes] of sizes) {
    expect(bytes, key).toBe(size);
    expect(bytes, key).toBe(1_000_000 + Number(key.slice('image/'.length)));
  }
});

test('deletes the parts of an upload that a kill -9 interrupted', async () => {
  const { child, endpoint } = await startElsewhere();
  const s3 = connect(endpoint);
  const Key = 'staged/a';
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: Buffer.alloc(1_000_000) }),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  s3.destroy();

  await using bucket = await openBucket();

  const aborting = bucket.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  await expect(aborting).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

/** The bucket in a process of its own, which a test may kill. */
async function startElsewhere(): Promise<{ child: ChildProcess; endpoint: string }> {
  const module = new URL('../../local/s3/store.ts', import.meta.url).href;
  const code = `
    import { startBucket } from ${JSON.stringify(module)};
    console.log((await startBucket(${JSON.stringify({ dataDir, bucket: Bucket, credentials })})).endpoint);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { child, endpoint: String(line).trim() };
}
