/**
 * Where uploads are spooled: a directory of each process below UPLOAD_DIR, which the next start removes when the
 * process was killed. A photo as it was taken, with its GPS position, must not outlive that.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkDirectory, diskError } from '../../disk.ts';

/** Only names of ours are ever removed: UPLOAD_DIR may turn out to be somebody's home. */
const OURS = /^process-[0-9a-f-]{36}(?=\.lock$|$)/;

/** ms that another start may take for the same. */
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Opens a spool directory of this process, and removes those of dead ones. Each holds a lock (SQLite's, on a file) that
 * ends with its process however that dies, so that neither a reused pid nor another container can be mistaken for it.
 *
 * @throws Error with one sentence when the directory cannot be written, is open to others, or its disk is full
 */
export async function openUploadDirectory(root: string) {
  const directory = { setting: 'UPLOAD_DIR', path: root } as const;
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await refuseOthers(root);
    await checkDirectory(directory);
    const starting = lock(join(root, 'lock'), LOCK_TIMEOUT_MS);
    try {
      await removeLeftOvers(root);
      return await openOwn(root);
    } finally {
      starting.close();
    }
  } catch (error) {
    throw diskError(directory, error);
  }
}

async function openOwn(root: string) {
  const path = join(root, `process-${randomUUID()}`);
  const held = lock(`${path}.lock`);
  await mkdir(path, { mode: 0o700 });
  return {
    path,
    async close() {
      await rm(path, { recursive: true, force: true });
      held.close();
      await rm(`${path}.lock`, { force: true });
    },
  };
}

/** @throws Error when others could read uploads, or put links in their place */
async function refuseOthers(root: string) {
  const { uid, mode } = await lstat(root);
  const isOurs = uid === (process.getuid?.() ?? uid);
  if (isOurs && (mode & 0o170077) === 0o040000) return;
  throw new Error(
    `${root} must be a directory that only the user of Portrait can enter (mode 0700): ` +
      'run chmod 700 on it, or set UPLOAD_DIR to another directory.',
  );
}

async function removeLeftOvers(root: string) {
  const names = (await readdir(root)).map((name) => OURS.exec(name)?.[0]);
  for (const name of new Set(names.filter((name) => name !== undefined))) {
    const path = join(root, name);
    try {
      // Without its lock file there is nobody, and the file is made here.
      lock(`${path}.lock`).close();
    } catch {
      continue;
    }
    await rm(path, { recursive: true, force: true });
    await rm(`${path}.lock`, { force: true });
  }
}

/** @throws Error when another process has it */
function lock(file: string, timeout = 0): DatabaseSync {
  const held = new DatabaseSync(file, { timeout });
  try {
    held.exec('begin exclusive');
    return held;
  } catch (error) {
    held.close();
    throw error;
  }
}
