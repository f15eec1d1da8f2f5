import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InMemoryCache } from '@apollo/client';
import { type DocumentNode, print } from 'graphql';
import * as generated from '../../web/generated/graphql.ts';

const TABS = join(import.meta.dirname, '../../schema/operations');

/** The list for OPERATIONS of what the page and the playground's tabs send, as JSON. */
export async function writeManifest(): Promise<string> {
  const texts = [...ofPage(), ...(await ofTabs())];
  const manifest = texts.map((text) => [createHash('sha256').update(text).digest('hex'), text]);
  // By hash: whoever loads the page's operations has them in an order of their own.
  const sorted = manifest.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

/** As Apollo Client prints them, which asks for the type of everything. */
function ofPage(): string[] {
  const cache = new InMemoryCache();
  const documents = Object.values(generated).filter(isDocument);
  return documents.map((document) => print(cache.transformDocument(document)));
}

const isDocument = (value: unknown): value is DocumentNode =>
  Object(value).kind === 'Document' &&
  (value as DocumentNode).definitions.some(({ kind }) => kind === 'OperationDefinition');

/** As they stand in the tabs: without the line of variables at their top. */
async function ofTabs(): Promise<string[]> {
  const files = (await readdir(TABS)).filter((file) => file.endsWith('.graphql')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(TABS, file), 'utf8')));
  return texts.map((text) => text.replace(/^# \{.*\}\n/, ''));
}
