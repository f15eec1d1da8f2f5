import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FunctionOptions, startFunctions } from '../../local/lambda-host/lambda-host.ts';

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'functions #1-'));
  bundle = join(folder, 'index.mjs');
  await writeFile(bundle, FUNCTION);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A function whose behavior is selected by its event. */
const FUNCTION = `
  import { connect } from 'node:net';
  import { once } from 'node:events';
  export async function http({ print, port, wait, fault, bytes }) {
    if (print) console.log(print);
    if (port) {
      const lifeline = connect(port, '127.0.0.1');
      await new Promise((resolve) => lifeline.write(String(process.pid), resolve));
    }
    if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
    if (fault === 'throw') throw new TypeError('This went wrong.');
    if (fault === 'abort') process.abort();
    if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
    if (fault === 'exit') process.exit(0);
    if (fault === 'reject') Promise.reject(new Error('Nobody waits for me.'));
    if (fault) for (;;) if (fault === 'reject') await new Promise(setImmediate);
    return { pid: process.pid, env: process.env, text: 'x'.repeat(bytes ?? 0) };
  }
`;

interface Answer {
  pid: number;
  env: Record<string, string>;
  text: string;
}

function open(options: Partial<FunctionOptions> = {}) {
  const lines: string[] = [];
  const functions = startFunctions({
    bundle,
    env: {},
    log: (line) => lines.push(line),
    processes: 1,
    ...options,
  });
  return {
    lines,
    invoke: (event: object) => functions.invoke('http', event) as Promise<Answer>,
    close: functions.close,
    [Symbol.asyncDispose]: functions.close,
  };
}

test('reuses one warm process as long as it succeeds', async () => {
  await using functions = open();

  const first = await functions.invoke({});
  const second = await functions.invoke({});

  expect(second.pid).toBe(first.pid);
  expect(first.pid).not.toBe(process.pid);
});

test('passes the function its own settings and none of ours', async () => {
  await using functions = open({ env: { PHOTO_BUCKET: 'portrait' } });
  process.env.PORTRAIT_SECRET = 'not for functions';

  const { env } = await functions.invoke({});

  delete process.env.PORTRAIT_SECRET;
  expect(env).toEqual({
    PHOTO_BUCKET: 'portrait',
    MALLOC_ARENA_MAX: '1',
    TZ: ':UTC',
  });
});

test.each(['abort', 'kill', 'exit', 'reject'])(
  'loses one call when the process ends by %s, and answers the next from a new one',
  async (fault) => {
    await using functions = open();
    const { pid } = await functions.invoke({});

    const call = functions.invoke({ fault });

    await expect(call).rejects.toMatchObject({ failure: 'CRASHED' });
    expect((await functions.invoke({})).pid).not.toBe(pid);
  },
);

test('reports the error that the function threw, and keeps its process', async () => {
  await using functions = open();
  const { pid } = await functions.invoke({});

  const call = functions.invoke({ fault: 'throw' });

  const message = expect.stringMatching(/^TypeError: This went wrong\.\n.*index\.mjs/);
  await expect(call).rejects.toMatchObject({ failure: 'THREW', message });
  expect((await functions.invoke({})).pid).toBe(pid);
  expect(functions.lines).toContainEqual(expect.stringContaining('TypeError: This went wrong.'));
});

test.each([
  ['a bundle that is not there', { bundle: '/nowhere/index.mjs' }, /nowhere/],
  ['a process that cannot start', { env: { NODE_OPTIONS: '--no-such-option' } }, /./],
])('reports %s', async (_, options, message) => {
  await using functions = open(options);

  await expect(functions.invoke({})).rejects.toThrow(message);
});

test('kills an endless loop at its timeout, and serves the next call', async () => {
  await using functions = open({ timeout: 1_000 });

  const call = functions.invoke({ fault: 'loop' });
  const next = functions.invoke({});

  await expect(call).rejects.toMatchObject({ failure: 'TIMED_OUT' });
  expect(await next).toHaveProperty('pid');
});

test('measures the timeout of a call from when it has a process, not while it waits', async () => {
  await using functions = open({ timeout: 1_500 });

  const calls = await Promise.all([1, 2, 3].map(() => functions.invoke({ wait: 700 })));

  expect(calls).toHaveLength(3);
});

test('runs as many concurrent calls as it has processes, queues some and rejects more', async () => {
  await using functions = open({ processes: 2, maxQueue: 1 });

  const [first, second, third, fourth] = await Promise.allSettled(
    [1, 2, 3, 4].map(() => functions.invoke({ wait: 300 })),
  );

  const pids = [first, second, third].map((call) =>
    call?.status === 'fulfilled' ? call.value.pid : undefined,
  );
  expect(pids).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
  expect(new Set(pids).size).toBe(2);
  expect(fourth).toMatchObject({ reason: { failure: 'THROTTLED' } });
});

test('transfers 6 MB in both directions, and rejects a response that Lambda would reject', async () => {
  await using functions = open();
  const MiB = 1024 * 1024;

  const answer = await functions.invoke({ bytes: 6 * MiB - 1_000, padding: 'x'.repeat(6 * MiB) });
  const tooLarge = functions.invoke({ bytes: 6 * MiB + 1_000 });

  expect(answer.text).toHaveLength(6 * MiB - 1_000);
  await expect(tooLarge).rejects.toMatchObject({ failure: 'THREW' });
});

test('logs what the function prints', async () => {
  await using functions = open();

  await functions.invoke({ print: 'one\ntwo' });

  await expect.poll(() => functions.lines).toEqual(['one', 'two']);
});

test('ends its processes and queued calls when it closes', async () => {
  await using lifeline = await openLifeline();
  const functions = open();
  const calls = [functions.invoke({ port: lifeline.port, fault: 'loop' }), functions.invoke({})];
  const outcomes = Promise.allSettled(calls);

  await lifeline.connected;
  await functions.close();
  await lifeline.gone;

  expect(await outcomes).toMatchObject([
    { reason: { failure: 'CRASHED' } },
    { reason: { failure: 'THROTTLED' } },
  ]);
  await expect(functions.invoke({})).rejects.toMatchObject({ failure: 'THROTTLED' });
});

test('starts no process for a call while it closes', async () => {
  const functions = open();

  const call = functions.invoke({});
  const closed = functions.close();

  await expect(call).rejects.toMatchObject({ failure: 'THROTTLED' });
  await closed;
});

test.each([
  ['waits for its next call', {}],
  ['is in the middle of a call', { wait: 600_000 }],
  ['is in an endless loop', { fault: 'loop' }],
])('a process that %s does not outlive a kill -9 of the product', async (_, event) => {
  await using lifeline = await openLifeline();
  const product = startProduct({ port: lifeline.port, ...event });

  await lifeline.connected;
  product.kill('SIGKILL');

  await expect(lifeline.gone).resolves.toBe('gone');
});

test.each<[string, NodeJS.Signals, (product: number, child: number) => number[]]>([
  ['Ctrl-C reaches the whole group of the terminal', 'SIGINT', (product) => [-product]],
  ['a service manager stops every process', 'SIGTERM', (product, child) => [product, child]],
])('a running call completes although %s', async (_, signal, targets) => {
  await using lifeline = await openLifeline();
  const product = startProduct({ port: lifeline.port, wait: 300 });

  const child = await lifeline.connected;
  for (const target of targets(product.pid ?? 0, child)) process.kill(target, signal);
  const [line] = await once(product.stdout, 'data');
  product.kill('SIGKILL');

  expect(String(line)).toBe('answered\n');
  await lifeline.gone;
});

/** A port that tells when a function has connected, by its process id, and when that process is gone. */
async function openLifeline() {
  const connected = Promise.withResolvers<number>();
  const gone = Promise.withResolvers<'gone'>();
  const server = createServer((socket) => {
    socket.once('data', (pid) => connected.resolve(Number(pid)));
    socket.on('error', () => {}).once('close', () => gone.resolve('gone'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    connected: connected.promise,
    gone: gone.promise,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** The function host in a process group of its own, as at a terminal; it calls the function once. */
function startProduct(event: object) {
  const module = new URL('../../local/lambda-host/lambda-host.ts', import.meta.url).href;
  const code = `
    import { startFunctions } from ${JSON.stringify(module)};
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
    const options = { bundle: ${JSON.stringify(bundle)}, env: {}, log: console.log };
    startFunctions(options)
      .invoke('http', ${JSON.stringify(event)})
      .then(() => console.log('answered'), (error) => console.log(error.message));`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
}
