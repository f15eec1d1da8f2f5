import { vi } from 'vitest';

interface Entry {
  /** Pino's number: 50 is an error. */
  level: number;
  msg: string;
  err?: { message: string };
}

/**
 * Captures the standard output of this process. Call it before the product starts: the logger writes
 * past a `process.stdout` that was not replaced at its start.
 */
export function captureLog() {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  return {
    text: () => text,
    entries: () =>
      text
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Entry),
    release: () => spy.mockRestore(),
  };
}

export type Log = ReturnType<typeof captureLog>;
