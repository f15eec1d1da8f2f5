import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openUploadDirectory } from '../../src/http/uploads/upload-directory.ts';
import { type Person, signUp } from '../support/client.ts';
import { makePhotoOfBytes } from '../support/photos.ts';
import { createFolder, temporaryFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, type Run, start, stopAfterAll } from '../support/process.ts';
import {
  multipart,
  openStreamedRequest,
  PREFLIGHT,
  uploadParts,
} from '../support/streamed-request.ts';

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

const main = copyProduct('upload-directory');

let env: { DATA_DIR: string; PORT: string };
let product: Run;
let person: Person;
beforeAll(async () => {
  env = { DATA_DIR: await createFolder(), PORT: String(await freePorts()) };
  product = await start(main, env, keep);
  person = await signUp(product);
});
afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));
const keep = stopAfterAll();

/** Files of uploads, wherever below the directory. */
const spooled = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.includes('capacitor-'));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test('spools an upload below DATA_DIR, where only the user can read it, and leaves nothing after kill -9 and a restart', async () => {
  const uploads = join(env.DATA_DIR, 'uploads');
  const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(2_000_000)), { ends: false });
  const wire = openStreamedRequest(product as never, {
    ...PREFLIGHT,
    authorization: `Bearer ${person.token}`,
  });
  await wire.write(body);
  await expect.poll(() => spooled(uploads), { timeout: 30_000 }).toHaveLength(1);
  const [file = ''] = await spooled(uploads);
  const modes = [uploads, join(uploads, file, '..'), join(uploads, file)];

  expect(await Promise.all(modes.map(modeOf))).toEqual(['700', '700', '600']);
  product.signal('SIGKILL', 'process');
  await product.exit;
  await wire.closed;
  wire.answer.catch(() => {});
  expect(await spooled(uploads)).toHaveLength(1);
  product = await start(main, env, keep);

  expect(await spooled(uploads)).toEqual([]);
  const directories = (await readdir(uploads)).filter((name) => !name.includes('lock'));
  expect(directories).toHaveLength(1);
});

test('removes its own directory when it stops', async () => {
  const folder = { ...env, DATA_DIR: await temporaryFolder(), PORT: String(await freePorts()) };
  const run = await start(main, folder);

  run.signal('SIGTERM');
  await run.exit;

  expect(await readdir(join(folder.DATA_DIR, 'uploads'))).toEqual(['lock']);
});

test('does not touch the uploads of running processes', async () => {
  const folder = join(await temporaryFolder(), 'uploads');
  const first = await openUploadDirectory(folder);
  onTestFinished(first.close);
  await writeFile(join(first.path, 'capacitor-1.tmp'), 'photo');

  const second = await openUploadDirectory(folder);
  onTestFinished(second.close);

  expect(await readdir(first.path)).toEqual(['capacitor-1.tmp']);
  expect(second.path).not.toBe(first.path);
});

test('removes only its own files from the directory', async () => {
  const folder = join(await temporaryFolder(), 'home');
  await mkdir(join(folder, 'process-notes'), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'letter.txt'), '');

  const opened = await openUploadDirectory(folder);
  await opened.close();

  expect((await readdir(folder)).sort()).toEqual(['letter.txt', 'lock', 'process-notes']);
});

test.each([0o755, 0o770])('rejects a directory that other users can enter (%o)', async (mode) => {
  const folder = await temporaryFolder();
  await chmod(folder, mode);

  await expect(openUploadDirectory(folder)).rejects.toThrow(`${folder} must be a directory that`);
});
