import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { s3Event } from '../../local/s3/event.ts';
import { post } from './support/form.ts';
import { type Event, eventually, openStore, QUEUE } from './support/queue.ts';
import {
  bucket,
  KEY,
  KEYS,
  MAX_BYTES,
  openS3Gateway,
  presign,
  region,
} from './support/s3-gateway.ts';

/** The keys of the objects that these calls of the function are about. */
const keysOf = (events: Event[]) =>
  events.flatMap(({ Records }) =>
    Records.flatMap(({ body }) => {
      const event: ReturnType<typeof s3Event> = JSON.parse(body);
      return event.Records.map(({ s3 }) => s3.object.key);
    }),
  );

test('invokes the function for a photo that a browser uploaded to the bucket', async () => {
  await using gateway = await openS3Gateway();
  await using store = await openStore();
  await using queue = await store.openQueue();
  gateway.onStored.now = (object) =>
    queue.send(JSON.stringify(s3Event({ bucket, region, ...object })));
  const events = queue.pollInto(() => undefined);

  const { headers } = await post(await gateway.form(), 'photo');
  await eventually(() => expect(events).toHaveLength(1));

  const event = JSON.parse(events[0]?.Records[0]?.body ?? '');
  expect(event.Records).toMatchObject([
    {
      eventSource: 'aws:s3',
      awsRegion: region,
      eventName: 'ObjectCreated:Post',
      s3: {
        bucket: { name: bucket },
        object: { key: KEY, size: 5, eTag: headers.etag?.replaceAll('"', '') },
      },
    },
  ]);
});

test('a kill -9 loses no photo that was acknowledged to its browser', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'direct-'));
  const { child, url } = await startElsewhere(folder);
  const told: string[] = [];
  const uploads = Array.from({ length: 30 }, async (_, i) => {
    const Key = `temp/${i}`;
    const { status } = await post(await presign(url, { Key }), Buffer.alloc(MAX_BYTES, `${i}`));
    if (status === 204) told.push(Key);
    if (told.length === 12) child.kill('SIGKILL');
  });
  await Promise.allSettled(uploads);

  await using store = await openStore(folder);
  await using queue = await store.openQueue();
  const events = queue.pollInto(() => undefined);
  await queue.drained();
  const s3 = new S3Client({ endpoint: store.endpoint, forcePathStyle: true, ...QUEUE });
  const sizes = keysOf(events).map(async (Key) => {
    const found = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    return found.ContentLength;
  });

  expect(told.length).toBeGreaterThanOrEqual(12);
  expect(keysOf(events)).toEqual(expect.arrayContaining(told));
  expect(new Set(await Promise.all(sizes))).toEqual(new Set([MAX_BYTES]));
  s3.destroy();
});

/** The store with its gateway and its queue in a process of its own, which a test may kill. */
async function startElsewhere(dataDir: string) {
  const [store, queue, gateway, event] = ['s3/store', 'sqs/queue', 's3/gateway', 's3/event'].map(
    (name) => JSON.stringify(new URL(`../../local/${name}.ts`, import.meta.url).href),
  );
  const code = `
    import { startBucket } from ${store};
    import { startQueue } from ${queue};
    import { startS3Gateway } from ${gateway};
    import { s3Event } from ${event};
    const bucket = ${JSON.stringify(bucket)};
    const credentials = ${JSON.stringify(KEYS)};
    const options = { dataDir: ${JSON.stringify(dataDir)}, bucket, credentials };
    const { endpoint } = await startBucket(options);
    const s3 = { endpoint, region: '${region}', credentials };
    const log = console.error;
    const queue = await startQueue({ ...${JSON.stringify(QUEUE)}, endpoint, log });
    const onStored = (object) =>
      queue.send(JSON.stringify(s3Event({ bucket, region: '${region}', ...object })));
    const uploads = { onStored, log };
    const gateway = { host: '127.0.0.1', port: 0, s3, bucket, folder: 'image/', uploads };
    console.log((await startS3Gateway(gateway)).url);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: String(url) };
}
