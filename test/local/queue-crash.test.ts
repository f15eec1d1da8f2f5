import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'vitest';
import { type FunctionOptions, startFunctions } from '../../local/lambda-host/lambda-host.ts';
import type { QueueOptions } from '../../local/sqs/queue.ts';
import { eventually, openStore, QUEUE, SOON } from './support/queue.ts';

/** A function whose fault is the body of the message; it prints what it was given. */
const FUNCTION = `
  export async function queue({ Records }) {
    console.log('called');
    const [{ body, attributes }] = Records;
    const isFirst = attributes.ApproximateReceiveCount === '1';
    if (body === 'kill' || (body === 'kill once' && isFirst)) process.kill(process.pid, 'SIGKILL');
    if (body === 'throw') throw new Error('This went wrong.');
    if (body === 'loop') for (;;);
  }`;

async function openFunctions(options: Partial<FunctionOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'crash-'));
  const bundle = join(folder, 'index.mjs');
  await writeFile(bundle, FUNCTION);
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const functions = startFunctions({ bundle, env: {}, log, ...options });
  return {
    calls: () => lines.filter((line) => line === 'called').length,
    invoke: (event: unknown) => functions.invoke('queue', event),
    async [Symbol.asyncDispose]() {
      await functions.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test.concurrent('redelivers a message after the visibility timeout if its function was killed', async ({
  expect,
}) => {
  await using store = await openStore();
  await using functions = await openFunctions();
  await using queue = await store.openQueue(SOON);

  queue.poll(functions.invoke);
  await queue.send('kill once');

  await eventually(() => expect(functions.calls()).toBe(2));
  await queue.drained();
});

test.concurrent('moves messages to the dead-letter queue after five calls that ended by a kill, an error or a timeout', async ({
  expect,
}) => {
  await using store = await openStore();
  await using functions = await openFunctions({ timeout: 1_000, processes: 3 });
  await using queue = await store.openQueue({
    ...SOON,
    concurrency: 3,
    batchSize: 1,
  });

  queue.poll(functions.invoke);
  await queue.send('kill', 'throw', 'loop');

  await queue.drained(3);
  expect(functions.calls()).toBe(15);
});

test.concurrent('a kill -9 loses no message: waiting, in flight or dead', async ({ expect }) => {
  const folder = await mkdtemp(join(tmpdir(), 'queue-'));
  const bodies = Array.from({ length: 20 }, (_, i) => `${i}`);
  await killAfter(
    folder,
    `
    const never = new Promise(() => {});
    const poisoned = Promise.reject(new Error('This went wrong.'));
    poisoned.catch(() => {});
    queue.poll(({ Records: [{ body }] }) => (body === 'poison' ? poisoned : never));
    await queue.send('poison');
    for (;;) if ((await queue.depth()).dead === 1) break;
    for (const body of ${JSON.stringify(bodies)}) await queue.send(body);
    for (;;) if ((await queue.depth()).inFlight === 5) break;`,
  );

  await using store = await openStore(folder);
  await using queue = await store.openQueue({ ...SOON, concurrency: 1 });
  const { waiting, inFlight, dead } = await queue.depth();
  const events = queue.pollInto(() => undefined);

  await queue.drained(1);
  const seen = events.flatMap(({ Records }) => Records.map(({ body }) => body));
  expect({ alive: waiting + inFlight, dead }).toEqual({ alive: 20, dead: 1 });
  expect(seen.toSorted()).toEqual(bodies.toSorted());
});

test.concurrent('messages in flight become visible immediately after a kill -9', async ({
  expect,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'queue-'));
  const options = { visibilityTimeout: 3600 };
  const hold = `
    queue.poll(() => new Promise(() => {}));
    await queue.send('held');
    for (;;) if ((await queue.depth()).inFlight === 1) break;`;
  await killAfter(folder, hold, options);

  await using store = await openStore(folder);
  await using queue = await store.openQueue(options);
  const events = queue.pollInto(() => undefined);

  await queue.drained();
  expect(events).toMatchObject([{ Records: [{ body: 'held' }] }]);
});

/** Does this to the queue in a process of its own, then kills that process. */
async function killAfter(folder: string, work: string, settings: Partial<QueueOptions> = SOON) {
  const [bucket, queue] = ['s3/store', 'sqs/queue'].map((name) =>
    JSON.stringify(new URL(`../../local/${name}.ts`, import.meta.url).href),
  );
  const code = `
    import { startBucket } from ${bucket};
    import { startQueue } from ${queue};
    const options = ${JSON.stringify({ ...QUEUE, ...settings, concurrency: 5, batchSize: 1 })};
    const { endpoint } = await startBucket(${JSON.stringify({ dataDir: folder, bucket: 'portrait', credentials: QUEUE.credentials })});
    const queue = await startQueue({ ...options, endpoint, log: console.error });
    ${work}
    console.log('ready');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  child.kill('SIGKILL');
  await once(child, 'exit');
}
