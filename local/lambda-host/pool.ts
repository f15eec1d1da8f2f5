import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type FunctionCode, FunctionError, isRunning, startProcess } from './process.ts';

/** ms without a call after which a process is given up: a warm one holds some 100 MB of image library. */
const IDLE_TIME = 300_000;

/** The processes: warm ones are taken first, the one used last before the others, so that the rest can retire. */
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
        setTimeout(() => child.kill('SIGKILL'), IDLE_TIME),
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
