import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, inject, onTestFinished, vi } from 'vitest';
import { REPOSITORY } from './postgres.ts';

/** The product as `npm start` runs it, in a process group of its own as in a terminal. */
export interface Run {
  /** URL of the API, also before it listens. */
  url: string;
  /** All it has output so far. */
  output: { stdout: string; stderr: string };
  /** Waits for text on standard output; throws if the process exits without it. */
  waitForOutput(words: string): Promise<void>;
  /** Sends a signal to the whole group, as Ctrl-C does, or to the process alone. */
  signal(name: NodeJS.Signals, whom?: 'group' | 'process'): void;
  /** Exit code or name of the signal. */
  exit: Promise<number | NodeJS.Signals | null>;
}

/**
 * Gives the tests of one file the compiled product in a folder of its own, by which they know its processes from those of
 * another file. They get the time that several starts take on a busy machine.
 *
 * @returns path of what `npm start` runs
 */
export function copyProduct(name: string) {
  vi.setConfig({ testTimeout: 180_000 });
  const folder = join(REPOSITORY, 'dist', 'test', name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(inject('compiled'), folder, { recursive: true });
  return join(folder, 'main.js');
}

/** Registers the cleanup of a product. */
type Keep = (end: () => Promise<void>) => void;

/** For a product that several tests share: it is ended after the last of them, before what was said earlier is done after them. */
export function stopAfterAll(): Keep {
  const ends: (() => Promise<void>)[] = [];
  afterAll(async () => {
    await Promise.all(ends.map((end) => end()));
  });
  return (end) => ends.push(end);
}

/** Starts the product; kills its remaining processes after the test. */
export async function launch(
  main: string,
  env: Record<string, string>,
  keep: Keep = onTestFinished,
): Promise<Run> {
  const port = Number(env.PORT ?? (await freePorts()));
  // The flag of `npm start`: Node.js 22 calls its SQLite experimental.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    // Without the environment of the tests, which has NODE_ENV=test and more.
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(dirname(main), '..', 'cache'),
      LOG_LEVEL: 'warn',
      PORT: String(port),
      ...env,
    },
    // A folder that a test wants refused may not be there.
    cwd: existsSync(env.DATA_DIR ?? '') ? env.DATA_DIR : dirname(main),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'close').then(([code, signal]) => code ?? signal);
  keep(async () => {
    await killAll(env.DATA_DIR, child);
    await exit;
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });

  return {
    url: `http://127.0.0.1:${port}`,
    output,
    async waitForOutput(words) {
      while (!output.stdout.includes(words)) {
        const more = once(child.stdout, 'data').then(() => true);
        if (await Promise.race([more, exit.then(() => false)])) continue;
        throw new Error(`It ended without "${words}":\n${output.stdout}${output.stderr}`);
      }
    },
    signal(name, whom = 'group') {
      if (child.pid) process.kill(whom === 'group' ? -child.pid : child.pid, name);
    },
    exit,
  };
}

/** Starts the product and waits until it is ready. */
export async function start(main: string, env: Record<string, string>, keep?: Keep) {
  const run = await launch(main, env, keep);
  await run.waitForOutput('Portrait is ready.');
  return run;
}

/** Finds a free port whose successor, used for photos, is free too. */
export async function freePorts(): Promise<number> {
  // Below the ports that systems give away by themselves, and where no other worker of this run looks for one.
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % 8;
  const port = 10_000 + 2_500 * worker + 2 * Math.floor(Math.random() * 1_250);
  const servers = [createServer(), createServer()];
  try {
    for (const [index, server] of servers.entries()) {
      await once(server.listen(port + index, '127.0.0.1'), 'listening');
    }
    return port;
  } catch {
    return freePorts();
  } finally {
    for (const server of servers) server.close();
  }
}

/** Command lines of all processes that name the text: PostgreSQL its data folder, the product and its functions the compiled folder. */
export async function processesOf(text: string): Promise<{ pid: number; command: string }[]> {
  const all = process.platform === 'linux' ? await readProc() : await runPs();
  return all.filter(({ pid, command }) => pid !== process.pid && command.includes(text));
}

async function readProc() {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  return Promise.all(
    pids.map(async (pid) => {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid, command: words.replaceAll('\0', ' ') };
    }),
  );
}

async function runPs() {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,command=']);
  return stdout.split('\n').map((line) => {
    const [pid = '', ...words] = line.trim().split(' ');
    return { pid: Number(pid), command: words.join(' ') };
  });
}

async function killAll(dataDir: string | undefined, child: ChildProcess) {
  const left = dataDir ? await processesOf(dataDir) : [];
  for (const { pid } of [...left, { pid: child.pid }]) {
    try {
      if (pid) process.kill(pid, 'SIGKILL');
    } catch {
      // Already exited.
    }
  }
}
