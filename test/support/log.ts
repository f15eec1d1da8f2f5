import fs from 'node:fs';
import { onTestFinished, vi } from 'vitest';

const STDOUT = 1;

/** What the product logs from now until the test ends: it writes to this process's standard output, line by line. */
export function captureLog() {
  const lines: string[] = [];
  const { writeSync } = fs;
  const spy = vi.spyOn(fs, 'writeSync').mockImplementation(((
    fd: number,
    text: string,
    ...rest: []
  ) => {
    if (fd !== STDOUT) return writeSync(fd, text, ...rest);
    lines.push(text);
    return Buffer.byteLength(text);
  }) as typeof writeSync);
  onTestFinished(() => spy.mockRestore());
  return {
    text: () => lines.join(''),
    entries: () =>
      lines
        .join('')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { level: number; msg: string; err?: Error }),
  };
}
