/** What a line is about. */
interface Facts {
  photoId?: string;
  /** Of SQS. */
  messageId?: string;
  /** Of an object. */
  key?: string;
}

/** Our own faults, one JSON line each: what failed, where, and on which photo. Never bytes, headers or settings. */
export function logFault(error: unknown, facts: Facts): void {
  write({ level: 'error', ...facts, fault: chain(error) });
}

/** What is no fault but should not pass unseen. */
export function logNote(message: string, facts: Facts): void {
  write({ level: 'info', ...facts, message });
}

const write = (line: object) => process.stderr.write(`${JSON.stringify(line)}\n`);

/** An error and what caused it. */
function chain(error: unknown): { name: string; message: string; stack?: string; cause?: object } {
  if (!(error instanceof Error)) return { name: 'Unknown', message: String(error) };
  const { name, message, stack = '', cause } = error;
  return { name, message, stack, ...(cause !== undefined && { cause: chain(cause) }) };
}
