import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { USAGE } from '../tools/import-django/options.ts';

const ROOT = join(import.meta.dirname, '..');

/** Paths of the tracked text files. */
const trackedFiles = () =>
  execFileSync('git', ['ls-files', '*.md', '*.ts', '*.tsx', '*.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter((path) => existsSync(join(ROOT, path)));

test('every attack in docs/security.md names tests that exist', async () => {
  const page = await readFile(join(ROOT, 'docs/security.md'), 'utf8');
  const attacks = page.split(/^### /m).slice(1);
  const named = [...page.matchAll(/`([\w/.-]+\.ts)`(?: "([^"]+)")?/g)];
  const paths = [...new Set(named.map(([, path = '']) => path))];
  const titled = named.filter(([, , title]) => title !== undefined);

  const missing = paths.filter(
    (path) => ![join(ROOT, path), join(ROOT, 'test', path)].some(existsSync),
  );
  const wrong = titled.filter(([, path = '', title]) => {
    const file = join(ROOT, 'test', path);
    return existsSync(file) && !readFileSync(file, 'utf8').includes(`'${title}'`);
  });

  expect(missing).toEqual([]);
  expect(wrong.map(([line]) => line)).toEqual([]);
  expect(attacks.filter((text) => !text.includes('.test.ts`'))).toEqual([]);
  expect(attacks.length).toBeGreaterThan(50);
  expect(titled.length).toBeGreaterThan(50);
});

test('docs/from-django.md lists exactly the options of the import', async () => {
  const page = await readFile(join(import.meta.dirname, '../docs/from-django.md'), 'utf8');
  const optionsIn = (text: string) => [...new Set(text.match(/(?<=[ `])--[a-z][a-z-]+/g))].sort();

  expect(optionsIn(page)).toEqual(optionsIn(USAGE));
});

test('docs/operations.md explains every alarm', async () => {
  const [alarms, operations] = await Promise.all(
    ['pulumi/components/alarms.ts', 'docs/operations.md'].map((path) =>
      readFile(join(import.meta.dirname, '..', path), 'utf8'),
    ),
  );
  const alone = [...(alarms ?? '').matchAll(/^ {2,4}'([a-z0-9-]+)': \{/gm)].map(([, name]) => name);
  const ofFunctions = ['http', 'queue'].flatMap((entry) => [
    `${entry}-errors`,
    `${entry}-throttles`,
  ]);

  const undocumented = [...alone, ...ofFunctions].filter(
    (name) => !operations?.includes(`\`${name}\``),
  );
  expect(undocumented).toEqual([]);
  expect(alone.length).toBeGreaterThan(7);
});

test('every npm script named in a document exists', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
    (await readdir(join(ROOT, 'docs')))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  );
  const texts = await Promise.all(documents.map((path) => readFile(join(ROOT, path), 'utf8')));

  const named = texts.flatMap((text) =>
    [...text.matchAll(/npm run (?:-\S+ )*([a-z]+)/g)].map(([, name = '']) => name),
  );

  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  expect(named.length).toBeGreaterThan(30);
});

test('docs/dependencies.md gives the reason for every direct dependency', async () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  );
  const page = (await readFile(join(ROOT, 'docs/dependencies.md'), 'utf8')).toLowerCase();
  const packages = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });

  const missing = packages.filter(
    (name) => !page.includes(name) && !page.includes(name.replace(/\/.*/, '/*')),
  );

  expect(missing).toEqual([]);
  expect(packages.length).toBeGreaterThan(50);
});

test('decision records are numbered without gaps, complete, and listed', async () => {
  const folder = join(ROOT, 'docs/adr');
  const names = (await readdir(folder)).filter((name) => name !== 'README.md').sort();
  const list = await readFile(join(folder, 'README.md'), 'utf8');
  const headings = 'Context Decision Alternatives Consequences Revisit when';

  const faults = await Promise.all(
    names.map(async (name, index) => {
      const text = await readFile(join(folder, name), 'utf8');
      const number = String(index + 1).padStart(4, '0');
      const isComplete =
        text.startsWith(`# ${number}. `) &&
        /^(Accepted|Superseded by \d{4}), \d{4}-\d\d-\d\d$/m.test(text) &&
        [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading).join(' ') === headings;
      return isComplete && list.includes(`[${number}](${name})`) ? [] : [name];
    }),
  );

  expect(faults.flat()).toEqual([]);
  expect(names.length).toBeGreaterThan(40);
});

test('every referenced decision record exists', async () => {
  const numbers = (await readdir(join(ROOT, 'docs/adr'))).map((name) => name.slice(0, 4));
  const texts = await Promise.all(trackedFiles().map((path) => readFile(join(ROOT, path), 'utf8')));

  const named = texts.flatMap((text) => [...text.matchAll(/\bADR (\d{4})/g)]);

  expect(named.filter(([, number = '']) => !numbers.includes(number))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test('lines of documents are short enough to review', async () => {
  const documents = trackedFiles().filter((path) => path.endsWith('.md'));
  const long = await Promise.all(
    documents.map(async (path) =>
      // Commands to copy may be longer.
      (await readFile(join(ROOT, path), 'utf8'))
        .replace(/^ *```.*?^ *```/gms, '')
        .split('\n')
        .flatMap((line) => (line.length > 160 ? [`${path}: ${line.slice(0, 60)}`] : [])),
    ),
  );

  expect(long.flat()).toEqual([]);
});

test('files and functions named in docs/architecture.md exist', async () => {
  const page = await readFile(join(import.meta.dirname, '../docs/architecture.md'), 'utf8');
  const [, flows = ''] = page.split('## The files that a request passes through');
  const steps = [...flows.matchAll(/`([\w/-]+\.(?:ts|mjs))`((?:(?: and|,)?\s+`\w+`)*)/g)];
  const missing: string[] = [];
  for (const [, file = '', names = ''] of steps) {
    const code = await readFile(join(import.meta.dirname, '..', file), 'utf8').catch(() => '');
    const functions = [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    if (!code || functions.some((name) => !new RegExp(`\\b${name}\\b`).test(code)))
      missing.push(file);
  }

  expect(missing).toEqual([]);
  expect(steps.length).toBeGreaterThan(30);
});
