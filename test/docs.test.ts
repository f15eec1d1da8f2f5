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

test('the README names every error code with its HTTP status', () => {
  const rows = Object.entries(ERROR_STATUS).map(([code, status]) => `| \`${code}\` | ${status} |`);

  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});
