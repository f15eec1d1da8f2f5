import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { USAGE } from '../import/options.ts';

test('every test that the table of attacks names is there', async () => {
  const table = await readFile(join(import.meta.dirname, '../docs/security.md'), 'utf8');
  const named = [...table.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, path = '']) => path);
  const rows = table
    .split('\n')
    .filter((line) => /^\| [^-]/.test(line) && !line.includes('held by'));

  const quoted = [...table.matchAll(/`([\w/.-]+\.ts)` "([^"]+)"/g)];

  expect(named.filter((path) => !existsSync(join(import.meta.dirname, path)))).toEqual([]);
  expect(rows.filter((row) => !row.includes('.test.ts`'))).toEqual([]);
  expect(rows.length).toBeGreaterThan(25);
  for (const [, path = '', title] of quoted) {
    expect(await readFile(join(import.meta.dirname, path), 'utf8')).toContain(`'${title}'`);
  }
  expect(quoted.length).toBeGreaterThan(3);
});

test('docs/from-django.md names every option of the import, and no other', async () => {
  const page = await readFile(join(import.meta.dirname, '../docs/from-django.md'), 'utf8');
  const optionsIn = (text: string) => [...new Set(text.match(/(?<=[ `])--[a-z][a-z-]+/g))].sort();

  expect(optionsIn(page)).toEqual(optionsIn(USAGE));
});

test('docs/operations.md says what each alarm means', async () => {
  const [alarms, operations] = await Promise.all(
    ['pulumi/alarms.ts', 'docs/operations.md'].map((path) =>
      readFile(join(import.meta.dirname, '..', path), 'utf8'),
    ),
  );
  const alone = [...(alarms ?? '').matchAll(/^ {2,4}'([a-z0-9-]+)': \{/gm)].map(([, name]) => name);
  const ofFunctions = ['http', 'queue'].flatMap((entry) => [
    `${entry}-errors`,
    `${entry}-throttles`,
  ]);

  const untold = [...alone, ...ofFunctions].filter((name) => !operations?.includes(`\`${name}\``));
  expect(untold).toEqual([]);
  expect(alone.length).toBeGreaterThan(7);
});
