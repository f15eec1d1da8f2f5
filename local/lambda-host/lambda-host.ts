import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { openPool } from './pool.ts';
import { call, type FunctionCode, FunctionError } from './process.ts';

export interface FunctionOptions extends FunctionCode {
  /** Timeout of a call (ms), from the moment it has a process. */
  timeout?: number;
  /** Concurrent calls, each in its own process. */
  processes?: number;
  /** Queued calls; one more is THROTTLED. */
  maxQueue?: number;
}

/**
 * Runs the deployable bundle as Lambda does: one call at a time per process. A process is reused after a response, and
 * replaced after a crash or timeout, which do not affect other calls.
 */
export function startFunctions({
  timeout = 28_000,
  processes = availableParallelism(),
  maxQueue = 100,
  ...code
}: FunctionOptions) {
  const semaphore = openSemaphore(processes, maxQueue);
  const pool = openPool(code);

  async function callIn(child: ChildProcess, name: string, event: unknown) {
    try {
      const answer = await call(child, { name, event, timeout });
      pool.keep(child);
      return answer;
    } catch (error) {
      if (error instanceof FunctionError && error.failure === 'THREW') pool.keep(child);
      else child.kill('SIGKILL');
      // As in Lambda, the details are logged here; the caller only learns that it failed.
      code.log(String(error));
      throw error;
    }
  }

  return {
    /** @throws FunctionError */
    async invoke(name: 'http' | 'queue', event: unknown): Promise<unknown> {
      await semaphore.acquire();
      try {
        return await callIn(pool.take(), name, event);
      } finally {
        semaphore.release();
      }
    },

    /** Kills the processes; running calls fail. */
    async close() {
      semaphore.close();
      await pool.close();
    },
  };
}

/** A semaphore for `count` callers with a queue of at most `maxQueue`. */
function openSemaphore(count: number, maxQueue: number) {
  const waiting: PromiseWithResolvers<void>[] = [];
  let free = count;

  return {
    async acquire() {
      if (free > 0) {
        free -= 1;
        return;
      }
      if (waiting.length >= maxQueue) {
        throw new FunctionError(
          'THROTTLED',
          `${count} calls are running and ${maxQueue} are queued.`,
        );
      }
      const turn = Promise.withResolvers<void>();
      waiting.push(turn);
      await turn.promise;
    },
    release() {
      const next = waiting.shift();
      if (next) next.resolve();
      else free += 1;
    },
    close() {
      for (const { reject } of waiting.splice(0)) {
        reject(new FunctionError('THROTTLED', 'The functions are closed.'));
      }
    },
  };
}
