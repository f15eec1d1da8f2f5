/** Shows a figure that a test has measured. */
export function report(line: string) {
  process.stdout.write(`${line}\n`);
}
