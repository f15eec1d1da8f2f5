import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { startPostgres } from '../../local/postgres/postgres.ts';

export const REPOSITORY = join(import.meta.dirname, '..', '..');

/** Creates an empty folder that every user can enter. */
export async function createFolder() {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'portrait-test-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Creates such a folder and deletes it after the test. */
export async function temporaryFolder() {
  const folder = await createFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts PostgreSQL from this process; stops it after the test at the latest. */
export async function start(dataDir: string) {
  const postgres = await startPostgres(dataDir, () => {});
  onTestFinished(() => postgres.stop());
  return postgres;
}

/** Starts PostgreSQL from a child process; `answer` is its message: the URL, or the error. */
export function startInChildProcess(
  dataDir: string,
  { checkout = REPOSITORY, ...options }: ForkOptions & { checkout?: string } = {},
) {
  const child = fork(join(import.meta.dirname, 'start-postgres.ts'), [dataDir, checkout], {
    execArgv: ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'],
    ...options,
  });
  onTestFinished(() => stopChildProcess(child));
  return { child, answer: firstMessage(child) };
}

async function firstMessage(child: ChildProcess) {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => [{ error: `exit ${code ?? signal}`, said: [] }]),
  ])) as [{ url?: string; error?: string; said: string[] }];
  return message;
}

export async function stopChildProcess(child: ChildProcess) {
  if (child.connected) child.disconnect();
  if (isRunning(child)) await once(child, 'exit');
}

export async function kill(child: ChildProcess) {
  child.kill('SIGKILL');
  if (isRunning(child)) await once(child, 'exit');
}

const isRunning = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode === null && signalCode === null;

/** Runs one statement on a new connection. */
export async function query(connectionString: string | undefined, statement: string) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

export const serverPid = async (dataDir: string) =>
  Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);

/** Returns whether a process runs; a zombie has an empty command line. */
export async function isAlive(pid: number) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || (await readFile(`/proc/${pid}/cmdline`)).length > 0;
  } catch {
    return false;
  }
}

/** Polls a condition that has no event, such as a new file; every 20 ms, to leave the CPU to others. */
export async function until(condition: () => Promise<boolean>) {
  while (!(await condition())) await delay(20);
}
