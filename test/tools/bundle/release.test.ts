import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A change.\n\n## [0.1.0] - 2020-01-01\n';
const AUTHOR = { NAME: 'Release Test', EMAIL: 'release@example.org' };

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'portrait-release-'));
  for (const path of ['package.json', 'package-lock.json', '.npmrc', 'tools/bundle']) {
    await cp(join(ROOT, path), join(clone, path), { recursive: true });
  }
  await writeFile(join(clone, 'CHANGELOG.md'), CHANGELOG);
  await run('git init -q && git add . && git commit -qm "Initial commit"');
});
afterEach(() => rm(clone, { recursive: true }));

const run = async (command: string) => {
  const who = Object.entries(AUTHOR).flatMap(([name, value]) =>
    ['AUTHOR', 'COMMITTER'].map((role) => [`GIT_${role}_${name}`, value]),
  );
  const env = { ...process.env, ...Object.fromEntries(who) };
  return (await promisify(execFile)('bash', ['-ec', command], { cwd: clone, env })).stdout.trim();
};
const read = (path: string) => readFile(join(clone, path), 'utf8');

test('rejects a working tree that is not clean', async () => {
  await writeFile(join(clone, 'CHANGELOG.md'), '\n', { flag: 'a' });

  await expect(run('npm run release -- major')).rejects.toThrow('Git working directory not clean');
});

test('moves the changes under version and date, sets the version, commits and tags', async () => {
  await run('npm run release -- 97.98.99');

  expect(JSON.parse(await read('package.json')).version).toBe('97.98.99');
  expect(JSON.parse(await read('package-lock.json')).packages[''].version).toBe('97.98.99');
  expect((await read('CHANGELOG.md')).replace(/- \d{4}-\d\d-\d\d/, '- today')).toBe(
    CHANGELOG.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [97.98.99] - today\n'),
  );
  expect(await run('git log -1 --format=%s && git describe --tags && git status --short')).toBe(
    'Release 97.98.99\nv97.98.99',
  );
});

test('rejects a release without changes, and leaves nothing behind', async () => {
  await writeFile(
    join(clone, 'CHANGELOG.md'),
    CHANGELOG.replace(/### Added\n\n- A change.\n\n/, ''),
  );
  await run('git commit -qam "No changes"');

  await expect(run('npm run release -- minor')).rejects.toThrow('Nothing to release');
  expect(await run('git status --short && git tag')).toBe('');
});
