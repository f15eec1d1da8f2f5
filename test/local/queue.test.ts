import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startBucket } from '../../local/bucket.ts';
import type { Invoke } from '../../local/queue/poller.ts';
import { type QueueOptions, startQueue } from '../../local/queue.ts';

type Event = Parameters<Invoke>[0];

const region = 'eu-central-1';
const credentials = { accessKeyId: 'LOCAL1', secretAccessKey: 'secret' };
const EMPTY = { waiting: 0, inFlight: 0, dead: 0 };

let dataDir: string;
let store: Awaited<ReturnType<typeof startBucket>>;
const lines: string[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'queue-'));
  store = await startBucket({ dataDir, bucket: 'portrait' });
  lines.length = 0;
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function openQueue(options: Partial<QueueOptions> = {}) {
  const queue = await startQueue({
    endpoint: store.endpoint,
    region,
    credentials,
    name: 'uploads',
    log: (line) => lines.push(line),
    visibilityTimeout: 1,
    ...options,
  });
  return { ...queue, [Symbol.asyncDispose]: queue.close };
}

test('hands a message to the function once, as Lambda would, and forgets it', async () => {
  await using queue = await openQueue();
  const events: Event[] = [];

  queue.poll(async (event) => void events.push(event));
  await queue.send('{"Event":"s3:TestEvent"}');

  await expect.poll(() => events.length).toBe(1);
  await expect.poll(queue.depth).toEqual(EMPTY);
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: '{"Event":"s3:TestEvent"}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {},
          md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: `arn:aws:sqs:${region}:000000000000:uploads`,
          awsRegion: region,
        },
      ],
    },
  ]);
});
