import { chmod, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareDataDir } from '../../local/data-dir.ts';
import { signUp } from '../support/client.ts';
import { makePhoto } from '../support/photos.ts';
import { createFolder, temporaryFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, type Run, start, stopAfterAll } from '../support/process.ts';

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

const main = copyProduct('data-dir');
const isRoot = process.getuid?.() === 0;

let env: { DATA_DIR: string; PORT: string; NODE_COMPILE_CACHE: string };
let product: Run;
beforeAll(async () => {
  // Without a place of its own for compiled code that is kept here, too.
  const more = { PORT: String(await freePorts()), NODE_COMPILE_CACHE: '' };
  env = { DATA_DIR: await createFolder(), ...more };
  product = await start(main, env, keep);
  const person = await signUp(product);
  await person.upload(UPLOAD, await makePhoto());
});
afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));
const keep = stopAfterAll();

/** What others may do below DATA_DIR; the cluster is checked by PostgreSQL itself. */
async function openToOthers() {
  const names = await readdir(env.DATA_DIR, { recursive: true });
  const modes = await Promise.all(
    names.map(async (name) => {
      const { mode } = await stat(join(env.DATA_DIR, name)).catch(() => ({ mode: 0 }));
      return (mode & 0o077) === 0 ? [] : [`${name} ${(mode & 0o777).toString(8)}`];
    }),
  );
  return modes.flat();
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('keeps every file and folder from other users: keys, photos, database, logs, compiled code', async () => {
  const names = await readdir(env.DATA_DIR);

  expect(names).toEqual(
    expect.arrayContaining(['bucket', 'bucket-keys', 'compiled', 'jwt-secret', 'postgres.log']),
  );
  expect(await openToOthers()).toEqual([]);
  // As root, PostgreSQL's own account must pass through it to its cluster.
  expect(await modeOf(env.DATA_DIR)).toBe(isRoot ? 0o711 : 0o700);
});

test('creates a missing directory and its parents', async () => {
  const parent = await temporaryFolder();

  await prepareDataDir(join(parent, 'new', 'data'));

  const modes = [await modeOf(join(parent, 'new')), await modeOf(join(parent, 'new', 'data'))];
  expect(modes).toEqual(isRoot ? [0o711, 0o711] : [0o700, 0o700]);
});

test('removes permissions that an earlier version granted to others, and grants none', async () => {
  product.signal('SIGTERM');
  await product.exit;
  await writeFile(join(env.DATA_DIR, 'private'), '', { mode: 0o400 });
  for (const name of ['bucket', 'bucket/fauxqs.db', 'jwt-secret', 'postgres.log', '.']) {
    await chmod(join(env.DATA_DIR, name), name.includes('.') ? 0o755 : 0o777);
  }

  product = await start(main, env, keep);

  expect(await openToOthers()).toEqual([]);
  expect(await modeOf(env.DATA_DIR)).toBe(isRoot ? 0o711 : 0o700);
  expect(await modeOf(join(env.DATA_DIR, 'private'))).toBe(0o400);
});
