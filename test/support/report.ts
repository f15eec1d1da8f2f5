/** Prints a measurement of a test. */
export function report(line: string) {
  process.stdout.write(`${line}\n`);
}
