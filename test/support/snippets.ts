import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './postgres.ts';

/**
 * Returns the code blocks in one section of a document.
 *
 * @param path    path of the document from the root of the repository
 * @param heading heading of the section
 * @throws if it has none in this language
 */
export async function snippets(path: string, heading: string, language: string): Promise<string[]> {
  const document = await readFile(join(REPOSITORY, path), 'utf8');
  const section = document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const found = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code = '']) => code);
  if (found.length === 0) throw new Error(`${path} has no ${language} under "${heading}".`);
  return found;
}
