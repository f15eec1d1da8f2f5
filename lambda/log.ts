/** Our own faults, one JSON line each: what failed, where, and on which photo. Never bytes, headers or settings. */
export function logFault(error: unknown, facts: { photoId: string }): void {
  const line = { level: 'error', ...facts, fault: chain(error) };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

/** An error and what caused it. */
function chain(error: unknown): { name: string; message: string; stack?: string; cause?: object } {
  if (!(error instanceof Error)) return { name: 'Unknown', message: String(error) };
  const { name, message, stack = '', cause } = error;
  return { name, message, stack, ...(cause !== undefined && { cause: chain(cause) }) };
}
