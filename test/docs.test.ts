import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FUNCTION_ENV } from '../lambda/contract.ts';
import { SETTINGS } from '../src/config.ts';
import { ERROR_STATUS } from '../src/errors.ts';

const file = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
/** The formatter pads the cells of tables. */
const readme = file.replaceAll(/ +/g, ' ');

test('the README names every setting', () => {
  const documented = new Set(readme.match(/`[A-Z][A-Z0-9_]+`/g));

  const missing = [...SETTINGS, ...FUNCTION_ENV].filter((name) => !documented.has(`\`${name}\``));

  expect(missing).toEqual([]);
});

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

test('the README names every error code with its HTTP status', () => {
  const rows = Object.entries(ERROR_STATUS).map(([code, status]) => `| \`${code}\` | ${status} |`);

  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});
