/** Generates Markdown tables and sections of the documents. */

/** Widest padded column; padding to longer cells would wrap every line of the source. */
const PADDED = 30;

/** Formats rows as a Markdown table with the first row as header; pads narrow columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((title, column) => {
    const widest = Math.max(...rows.map((row) => row[column]?.length ?? 0));
    return widest > PADDED ? title.length : widest;
  });
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/**
 * Replaces the text between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws if the document lacks these markers
 */
export function replaceSection(document: string, name: string, part: string): string {
  const section = new RegExp(`(<!-- ${name}\\b.*? -->\n)[^]*?(\n<!-- /${name} -->)`);
  if (!section.test(document)) throw new Error(`The document has no section ${name}.`);
  return document.replace(section, (_, open, close) => `${open}\n${part}\n${close}`);
}
