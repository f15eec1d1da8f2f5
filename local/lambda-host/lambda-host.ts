import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { openPool } from './pool.ts';
import { call, type FunctionCode, FunctionError } from './process.ts';

export interface FunctionOptions extends FunctionCode {
  /** ms one call may take once it has a process. */
  timeout?: number;
  /** Calls that run at the same time, each in a process of its own. */
  processes?: number;
  /** Calls that may wait for a process; one more is THROTTLED. */
  maxQueue?: number;
}

/**
 * Runs the deployable bundle as Lambda does: one call at a time in a process, which is used again when it answered
 * and killed when it crashed or took too long. Neither harms another call.
 */
export function startFunctions({
  timeout = 28_000,
  processes = availableParallelism(),
  maxQueue = 100,
  ...code
}: FunctionOptions) {
  const places = openPlaces(processes, maxQueue);
  const pool = openPool(code);

  async function callIn(child: ChildProcess, name: string, event: unknown) {
    try {
      const answer = await call(child, { name, event, timeout });
      pool.keep(child);
      return answer;
    } catch (error) {
      if (error instanceof FunctionError && error.failure === 'THREW') pool.keep(child);
      else child.kill('SIGKILL');
      // Here, as Lambda does it: the caller hears only that it failed.
      code.log(String(error));
      throw error;
    }
  }

  return {
    /** @throws FunctionError */
    async invoke(name: 'http' | 'queue', event: unknown): Promise<unknown> {
      await places.take();
      try {
        return await callIn(pool.take(), name, event);
      } finally {
        places.leave();
      }
    },

    /** Kills the processes; calls still under way fail. */
    async close() {
      places.close();
      await pool.close();
    },
  };
}

/** Lets `count` callers in at a time and `maxQueue` wait; whoever leaves gives its place to the next. */
function openPlaces(count: number, maxQueue: number) {
  const waiting: PromiseWithResolvers<void>[] = [];
  let free = count;

  return {
    async take() {
      if (free > 0) {
        free -= 1;
        return;
      }
      if (waiting.length >= maxQueue) {
        throw new FunctionError('THROTTLED', `${count} calls run and ${maxQueue} wait already.`);
      }
      const place = Promise.withResolvers<void>();
      waiting.push(place);
      await place.promise;
    },
    leave() {
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
