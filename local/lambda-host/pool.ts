import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type FunctionCode, FunctionError, isRunning, startProcess } from './process.ts';

/** An idle process ends after this time: a warm one takes about 100 MB. */
const IDLE_TIMEOUT_MS = 300_000;

/** A pool of processes. The most recently used one is taken first, so that the others can time out. */
export function openPool(code: FunctionCode) {
  const alive = new Set<ChildProcess>();
  const warm = new Map<ChildProcess, NodeJS.Timeout>();
  let closed = false;

  function forget(child: ChildProcess) {
    clearTimeout(warm.get(child));
    warm.delete(child);
  }

  function start() {
    const child = startProcess(code);
    alive.add(child);
    child.once('close', () => {
      forget(child);
      alive.delete(child);
    });
    return child;
  }

  return {
    take() {
      if (closed) throw new FunctionError('THROTTLED', 'The functions are closed.');
      const child = [...warm.keys()].findLast(isRunning);
      if (child) forget(child);
      return child ?? start();
    },
    keep(child: ChildProcess) {
      warm.set(
        child,
        setTimeout(() => child.kill('SIGKILL'), IDLE_TIMEOUT_MS),
      );
    },
    async close() {
      closed = true;
      const ends = [...alive].map((child) => once(child, 'close'));
      for (const child of alive) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}
