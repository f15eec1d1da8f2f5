import { test } from 'vitest';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { eventually, openStore, SOON } from './support/queue.ts';

// They wait for time to pass more than they work: several at once.
test.concurrent('passes a message to the function once, as Lambda does, and deletes it', async ({
  expect,
}) => {
  await using store = await openStore();
  await using queue = await store.openQueue();
  const testEvent = '{"Service":"Amazon S3","Event":"s3:TestEvent"}';

  const events = queue.pollInto(() => undefined);
  await queue.send(testEvent);

  await eventually(() => expect(events.length).toBe(1));
  await queue.drained();
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: testEvent,
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {},
          md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:uploads',
          awsRegion: 'eu-central-1',
        },
      ],
    },
  ]);
});

test.concurrent('stores messages until they are polled, then passes at most a batch at a time', async ({
  expect,
}) => {
  await using store = await openStore();
  await using queue = await store.openQueue({ batchSize: 5, concurrency: 1 });
  await queue.send('1', '2', '3', '4', '5', '6', '7');
  expect(await queue.depth()).toEqual({ waiting: 7, inFlight: 0, dead: 0 });

  const events = queue.pollInto(() => undefined);

  await queue.drained();
  const batches = events.map(({ Records }) => Records.map(({ body }) => body));
  expect(batches).toEqual([
    ['1', '2', '3', '4', '5'],
    ['6', '7'],
  ]);
});

test.concurrent.for<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['no list of failures', { batchItemFailures: null }],
  ['an empty list of failures', { batchItemFailures: [] }],
])('deletes all messages when the function returns %s', async ([, answer], { expect }) => {
  await using store = await openStore();
  await using queue = await store.openQueue();
  await queue.send('1', '2');

  queue.pollInto(() => answer);

  await queue.drained();
  expect(await queue.depth()).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
});

test.concurrent('redelivers only the message that the function reports as failed', async ({
  expect,
}) => {
  await using store = await openStore();
  await using queue = await store.openQueue({ ...SOON, concurrency: 1 });
  await queue.send('good', 'bad', 'better');

  const events = queue.pollInto(({ Records }, call) => {
    const failed = call === 1 ? Records.filter(({ body }) => body === 'bad') : [];
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });

  await queue.drained();
  expect(events).toMatchObject([
    { Records: [{ body: 'good' }, { body: 'bad' }, { body: 'better' }] },
    { Records: [{ body: 'bad', attributes: { ApproximateReceiveCount: '2' } }] },
  ]);
});

test.concurrent.for<[string, unknown]>([
  ['a message that it was not given', { batchItemFailures: [{ itemIdentifier: 'unknown' }] }],
  ['no message at all', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a message by another word', { batchItemFailures: [{ messageId: 'x' }] }],
  ['something that is no answer', 'done'],
])('redelivers the whole batch when the function reports %s', async ([, answer], { expect }) => {
  await using store = await openStore();
  await using queue = await store.openQueue({ ...SOON, concurrency: 1 });
  await queue.send('1', '2');

  const events = queue.pollInto((_event, call) => (call === 1 ? answer : undefined));

  await queue.drained();
  const bodies = events.flatMap(({ Records }) => Records.map(({ body }) => body));
  expect(bodies.toSorted()).toEqual(['1', '1', '2', '2']);
});

test.concurrent('moves a message to the dead-letter queue after five attempts', async ({
  expect,
}) => {
  await using store = await openStore();
  await using queue = await store.openQueue(SOON);
  await queue.send('poison');

  const events = queue.pollInto(() => Promise.reject(new Error('This went wrong.')));

  await queue.drained(1);
  const tries = events.map(({ Records }) => Records[0]?.attributes.ApproximateReceiveCount);
  expect(tries).toEqual(['1', '2', '3', '4', '5']);
});

test.concurrent('runs as many concurrent calls as configured', async ({ expect }) => {
  await using store = await openStore();
  await using queue = await store.openQueue({ concurrency: 3, batchSize: 1 });
  await queue.send('1', '2', '3', '4');
  const gate = Promise.withResolvers<void>();

  const events = queue.pollInto(() => gate.promise);
  await eventually(() => expect(events.length).toBe(3));
  const depth = await queue.depth();
  gate.resolve();

  expect(depth).toEqual({ waiting: 1, inFlight: 3, dead: 0 });
  await queue.drained();
});

test.concurrent('logs once while the queue is unavailable, and continues when it is back', async ({
  expect,
}) => {
  await using store = await openStore();
  const { port } = new URL(store.endpoint);
  const line = await startTcpProxy({ host: '127.0.0.1', port: Number(port) });
  await using queue = await store.openQueue({ ...SOON, endpoint: line.url });
  const events = queue.pollInto(() => undefined);
  await queue.send('before');
  await queue.drained();

  await line.disconnect();
  await eventually(() => expect(store.lines.length).toBe(1));
  await expect(queue.send('lost')).rejects.toThrow();
  await line.restore();
  await queue.send('after');

  await eventually(() => expect(events.length).toBe(2));
  expect(store.lines).toEqual([expect.stringMatching(/^The queue does not respond: /)]);
  await line.close();
});

test.concurrent('waits for the running call when it closes, and starts no other', async ({
  expect,
}) => {
  await using store = await openStore();
  const queue = await store.openQueue({ concurrency: 1, batchSize: 1 });
  await queue.send('1', '2');
  const gate = Promise.withResolvers<void>();
  const events = queue.pollInto(() => gate.promise);
  await eventually(() => expect(events.length).toBe(1));

  const closing = queue.close();
  gate.resolve();
  await closing;

  await using again = await store.openQueue();
  expect(await again.depth()).toEqual({ waiting: 1, inFlight: 0, dead: 0 });
  expect(events).toHaveLength(1);
});

test.concurrent('closes although a call never ends', async ({ expect }) => {
  await using store = await openStore();
  const queue = await store.openQueue();
  await queue.send('1');
  const events = queue.pollInto(() => new Promise(() => {}));
  await eventually(() => expect(events.length).toBe(1));

  await queue.close();
});

test.concurrent('applies a new visibility timeout to an existing queue', async ({ expect }) => {
  await using store = await openStore();
  const first = await store.openQueue({ visibilityTimeout: 600 });
  await first.close();
  await using queue = await store.openQueue({ ...SOON, concurrency: 1 });
  await queue.send('1');

  const events = queue.pollInto((_, call) => (call === 1 ? Promise.reject(new Error()) : null));

  await eventually(() => expect(events.length).toBe(2));
});
