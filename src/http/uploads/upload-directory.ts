/**
 * Temporary files of uploads: each process has a directory below UPLOAD_DIR, which the next start deletes if the process
 * was killed (ADR 0031). An original photo, with its GPS position, must not outlive the process.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkDirectory, diskError } from '../../disk.ts';

/** Only these names are ever deleted: UPLOAD_DIR may be a home directory by mistake. */
const PROCESS_NAME = /^process-[0-9a-f-]{36}(?=\.lock$|$)/;

/** Time to wait for another process that is starting. */
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Creates the upload directory of this process, and deletes those of dead processes. Each process holds a file lock
 * (SQLite) that the operating system releases when it dies, so neither a reused pid nor another container is mistaken for it.
 *
 * @throws Error with one sentence when the directory cannot be written, is open to others, or its disk is full
 */
export async function openUploadDirectory(root: string) {
  const directory = { setting: 'UPLOAD_DIR', path: root } as const;
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await requirePrivate(root);
    await checkDirectory(directory);
    const starting = lock(join(root, 'lock'), LOCK_TIMEOUT_MS);
    try {
      await removeAbandoned(root);
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

/** @throws Error when other users could read uploads or replace them by links */
async function requirePrivate(root: string) {
  const { uid, mode } = await lstat(root);
  const isOurs = uid === (process.getuid?.() ?? uid);
  if (isOurs && (mode & 0o170077) === 0o040000) return;
  throw new Error(
    `${root} must be a directory that only the user of Portrait can enter (mode 0700): ` +
      'run chmod 700 on it, or set UPLOAD_DIR to another directory.',
  );
}

async function removeAbandoned(root: string) {
  const names = (await readdir(root)).map((name) => PROCESS_NAME.exec(name)?.[0]);
  for (const name of new Set(names.filter((name) => name !== undefined))) {
    const path = join(root, name);
    try {
      // Creates a missing lock file: without it the process is dead.
      lock(`${path}.lock`).close();
    } catch {
      continue;
    }
    await rm(path, { recursive: true, force: true });
    await rm(`${path}.lock`, { force: true });
  }
}

/** @throws Error when another process holds the lock */
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
