/** Tables of the documents that are made from the code. */

/** A longer cell would make of every line of the text two. */
const PADDED = 30;

/** Rows of cells as Markdown, the first one its head; narrow columns are padded. */
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
 * A document with what stands between `<!-- name -->` and `<!-- /name -->` put anew.
 *
 * @throws when there is no such place
 */
export function replaceSection(document: string, name: string, part: string): string {
  const place = new RegExp(`(<!-- ${name}\\b.*? -->\n)[^]*?(\n<!-- /${name} -->)`);
  if (!place.test(document)) throw new Error(`There is no place for ${name} in the document.`);
  return document.replace(place, (_, open, close) => `${open}\n${part}\n${close}`);
}
