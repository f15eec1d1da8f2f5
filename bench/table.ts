import { stdout } from 'node:process';

/** Prints a Markdown table. The first column is left-aligned, the others right-aligned. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const cell = (row: readonly string[], width: number, at: number) =>
    at === 0 ? (row[at] ?? '').padEnd(width) : (row[at] ?? '').padStart(width);
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, at) => cell(row, width, at)).join(' | ')} |\n`;
  const rule = `|${widths.map((width, at) => '-'.repeat(width + 1) + (at === 0 ? '-' : ':')).join('|')}|\n`;

  const [head = [], ...body] = rows;
  stdout.write(`\n${title}\n\n${line(head)}${rule}${body.map(line).join('')}`);
}
