// Draws every picture of the documents from its text: `npm run draw`.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Graphviz } from '@hpcc-js/wasm-graphviz';

const FOLDER = import.meta.dirname;

/**
 * The pictures as their texts say, by file name. The same text gives the same bytes.
 *
 * @returns {Promise<Map<string, string>>} `aws.svg` to its SVG
 */
export async function drawAll() {
  const graphviz = await Graphviz.load();
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.dot'));
  const drawn = names.sort().map(async (name) => {
    const text = await readFile(join(FOLDER, name), 'utf8');
    return /** @type {const} */ ([name.replace('.dot', '.svg'), named(graphviz.dot(text, 'svg'))]);
  });
  return new Map(await Promise.all(drawn));
}

/** Says the picture's title to those who do not see it. @param {string} svg */
function named(svg) {
  const title = /<title>([^<]+)<\/title>/.exec(svg)?.[1];
  return svg.replace('<svg ', `<svg role="img" aria-label="${title}" `);
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, svg] of await drawAll()) await writeFile(join(FOLDER, name), svg);
}
