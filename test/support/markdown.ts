/** Generated parts of documents. */

/** Rows of cells as a Markdown table; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const LINE_LENGTH = 120;

/** Texts as a Markdown list, wrapped to reviewable lines. */
export const list = (items: readonly string[]) => items.map((item) => wrap(`- ${item}`)).join('\n');

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line && line.length + word.length >= LINE_LENGTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join('\n');
}

/**
 * Replaces what is between `<!-- name -->` and `<!-- /name -->` in a document.
 *
 * @throws Error if the document has no such part
 */
export function replaceSection(document: string, name: string, part: string): string {
  const place = new RegExp(`(<!-- ${name}\\b.*? -->\n)[^]*?(\n<!-- /${name} -->)`);
  if (!place.test(document)) throw new Error(`The document has no part "${name}".`);
  return document.replace(place, (_, open, close) => `${open}\n${part}\n${close}`);
}
