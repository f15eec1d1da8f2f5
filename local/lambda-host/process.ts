import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PROCESS_ENV } from '../../contract/config/function-env.ts';

/** Why a call has no answer. THREW is the function's own doing, and its process is as good as before. */
export type FunctionFailure = 'THREW' | 'CRASHED' | 'TIMED_OUT' | 'THROTTLED';

/** A call that has no answer; `message` is of the function when it THREW. */
export class FunctionError extends Error {
  override name = 'FunctionError';
  readonly failure: FunctionFailure;

  constructor(failure: FunctionFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** What a process runs, and what it sees. */
export interface FunctionCode {
  /** Path of the ES module that exports the functions. */
  bundle: string;
  /** All that the functions see of the environment. */
  env: Record<string, string>;
  /** Takes what the functions print, line by line. */
  log: (line: string) => void;
}

const ALWAYS = { TZ: ':UTC', ...PROCESS_ENV };

/** Starts a process for calls of the bundle's functions, one at a time. It ends by SIGKILL, or with us. */
export function startProcess({ bundle, env, log }: FunctionCode): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', SERVE, pathToFileURL(bundle).href, String(process.pid)],
    {
      env: { ...ALWAYS, ...env },
      // A group of its own: Ctrl-C goes to the whole group of the terminal, but running calls are still to be answered.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input }).on('line', log);
  }
  // Whoever waits for an answer hears of it by `once`; without a listener an idle process could end the product.
  child.on('error', () => {});
  return child;
}

/** Whether it can be spoken to: alive, and its channel open. */
export const isRunning = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null && child.connected;

/**
 * Calls one function in the process and gives what it returned.
 *
 * @throws FunctionError; after all but THREW the process is of no more use
 */
export async function call(
  child: ChildProcess,
  { name, event, timeout }: { name: string; event: unknown; timeout: number },
): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const answer = once(child, 'message', { signal });
    const exit = once(child, 'exit', { signal }).then(([code, killer]) => {
      throw new FunctionError('CRASHED', `The process of ${name} ended with ${killer ?? code}.`);
    });
    const tooLate = delay(timeout, undefined, { signal }).then(() => {
      throw new FunctionError('TIMED_OUT', `${name} took longer than ${timeout} ms.`);
    });
    child.send({ name, event, timeout }, () => {});
    const [{ error, result }] = await Promise.race([answer, exit, tooLate]);
    if (error !== undefined) throw new FunctionError('THREW', error);
    return result;
  } catch (error) {
    throw error instanceof FunctionError ? error : new FunctionError('CRASHED', String(error));
  } finally {
    settled.abort();
  }
}

/**
 * What runs in the process. Nothing of ours is killed by a signal that a service manager sends to all processes:
 * the product decides when. The thread sees the product die even while the function is busy in an endless loop.
 * 6,291,556 bytes is Lambda's limit of an answer.
 */
const SERVE = `
import { Worker } from 'node:worker_threads';
const [, bundle, parent] = process.argv;
process.on('SIGTERM', () => {});
const watch = 'setInterval(() => process.ppid === ' + parent + " || process.kill(process.pid, 'SIGKILL'), 500)";
new Worker(watch, { eval: true }).unref();
process.on('message', async ({ name, event, timeout }) => {
  const deadline = Date.now() + timeout;
  const context = { getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) };
  try {
    const functions = await import(bundle);
    const result = await functions[name](event, context);
    const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
    if (bytes > 6_291_556) throw new Error('The answer has ' + bytes + ' bytes; at most 6291556 are allowed.');
    process.send({ result });
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
});
`;
