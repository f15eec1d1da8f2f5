import { vi } from 'vitest';

interface Entry {
  /** 50 is an error. */
  level: number;
  msg: string;
  err?: { message: string };
}

/**
 * Takes what is written to the standard output of this process. To be called before the product starts:
 * its log keeps away from a stream that it believes to be nobody's but its own.
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
