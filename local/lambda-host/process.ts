import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PROCESS_ENV } from '../../contract/config/function-env.ts';

/** Why an invocation has no result. After THREW the process can be used again. */
export type FunctionFailure = 'THREW' | 'CRASHED' | 'TIMED_OUT' | 'THROTTLED';

/** A failed invocation; the message is the function's own when it THREW. */
export class FunctionError extends Error {
  override name = 'FunctionError';
  readonly failure: FunctionFailure;

  constructor(failure: FunctionFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** The code and environment of a process. */
export interface FunctionCode {
  /** Path of the ES module that exports the functions. */
  bundle: string;
  /** The whole environment of the functions. */
  env: Record<string, string>;
  /** Receives what the functions print, line by line. */
  log: (line: string) => void;
}

const DEFAULT_ENV = { TZ: ':UTC', ...PROCESS_ENV };

/** Copied beside the bundle by `bundle.mjs`. */
const SCRIPT = join(import.meta.dirname, 'function-process.mjs');

/** Starts a process that runs one invocation at a time. It ends by SIGKILL, or with this process. */
export function startProcess({ bundle, env, log }: FunctionCode): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, pathToFileURL(bundle).href, String(process.pid)], {
    env: { ...DEFAULT_ENV, ...env },
    // A process group of its own: Ctrl-C signals the group of the terminal, but invocations in progress must finish.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input }).on('line', log);
  }
  // Callers use `once`; without a listener an error of an idle process would crash the product.
  child.on('error', () => {});
  return child;
}

/** Whether the process is alive and its IPC channel open. */
export const isRunning = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null && child.connected;

/**
 * Invokes a function in the process and returns its result.
 *
 * @throws FunctionError; unless it is THREW, the process cannot be used again
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
