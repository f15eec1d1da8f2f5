/** Identifies what a log line is about. */
interface Facts {
  photoId?: string;
  /** SQS message. */
  messageId?: string;
  /** Object key. */
  key?: string;
}

/** Logs an internal error as one JSON line. Never contains bytes, headers or configuration. */
export function logFault(error: unknown, facts: Facts): void {
  write({ level: 'error', ...facts, fault: chain(error) });
}

/** Logs an event that is not an error. */
export function logNote(message: string, facts: Facts): void {
  write({ level: 'info', ...facts, message });
}

const write = (line: object) => process.stderr.write(`${JSON.stringify(line)}\n`);

/** An error with its causes. */
function chain(error: unknown): { name: string; message: string; stack?: string; cause?: object } {
  if (!(error instanceof Error)) return { name: 'Unknown', message: String(error) };
  const { name, message, stack = '', cause } = error;
  return { name, message, stack, ...(cause !== undefined && { cause: chain(cause) }) };
}
