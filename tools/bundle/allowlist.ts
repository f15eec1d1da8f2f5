import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InMemoryCache } from '@apollo/client';
import { type DocumentNode, print } from 'graphql';
import * as generated from '../../web/generated/graphql.ts';

const EXAMPLES = join(import.meta.dirname, '../../schema/operations');

/** Creates the allowlist for OPERATIONS, as JSON: the operations of the web app and of the playground's tabs. */
export async function createAllowlist(): Promise<string> {
  const texts = [...webAppOperations(), ...(await playgroundOperations())];
  const entries = texts.map((text) => [createHash('sha256').update(text).digest('hex'), text]);
  // By hash: the order of the generated module's exports is not guaranteed.
  const sorted = entries.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

/** Operations as Apollo Client sends them, with `__typename` in every selection. */
function webAppOperations(): string[] {
  const cache = new InMemoryCache();
  const documents = Object.values(generated).filter(isDocument);
  return documents.map((document) => print(cache.transformDocument(document)));
}

const isDocument = (value: unknown): value is DocumentNode =>
  Object(value).kind === 'Document' &&
  (value as DocumentNode).definitions.some(({ kind }) => kind === 'OperationDefinition');

/** Operations as the tabs contain them, without the comment with variables at their top. */
async function playgroundOperations(): Promise<string[]> {
  const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith('.graphql')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(EXAMPLES, file), 'utf8')));
  return texts.map((text) => text.replace(/^# \{.*\}\n/, ''));
}
