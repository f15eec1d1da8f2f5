import { beforeEach, onTestFinished, vi } from 'vitest';

/** Collects what the function logs during each test, instead of printing it. */
export function listenToLog() {
  const log: { lines: object[] } = { lines: [] };
  beforeEach(() => {
    log.lines = [];
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
      log.lines.push(JSON.parse(String(line)));
      return true;
    });
    onTestFinished(() => stderr.mockRestore());
  });
  return log;
}
