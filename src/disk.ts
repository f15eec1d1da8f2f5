/** Checks the directories that the product writes to, at start and in `/readyz`, with readable errors. */
import { existsSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Config } from './config.ts';

/** A directory and the setting that names it. */
export interface Directory {
  setting: 'DATA_DIR' | 'UPLOAD_DIR';
  path: string;
}

const MiB = 1024 * 1024;

/** Free space required for two concurrent uploads of 25 MiB and the log. An instance with less is not ready. */
const MIN_FREE_BYTES = 64 * MiB;

const CODE_REASONS: Record<string, string> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
  ENOENT: 'it does not exist and cannot be created',
};

/** Messages of PostgreSQL, initdb, SQLite and Node.js that have no error code. */
const MESSAGE_CODES: readonly [pattern: RegExp, code: string][] = [
  [/no space left on device|database or disk is full/i, 'ENOSPC'],
  [/disk quota exceeded/i, 'EDQUOT'],
  [/read-only file system|readonly database/i, 'EROFS'],
];

/** Converts a file system error in this directory to a one-sentence message; returns any other error unchanged. */
export function diskError(directory: Directory, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code in CODE_REASONS
    ? directoryError(directory, code, cause)
    : fullDiskError(directory, cause);
}

/** The same for any other error caused by a full or read-only disk. */
export function fullDiskError(directory: Directory, cause: unknown): unknown {
  const code = MESSAGE_CODES.find(([pattern]) => pattern.test(String(cause)))?.[1];
  return code ? directoryError(directory, code, cause) : cause;
}

const directoryError = ({ setting, path }: Directory, code: string, cause: unknown) =>
  new Error(
    `Cannot write to ${path}: ${CODE_REASONS[code]}. Fix it, or set ${setting} to another directory.`,
    { cause },
  );

/** @throws Error with a one-sentence message when the directory is not writable or has too little free space */
export async function checkDirectory(directory: Directory): Promise<void> {
  const { setting, path } = directory;
  // `access` fails on a read-only file system for root, too.
  const check = access(path, constants.W_OK).then(() => statfs(path));
  const { bavail, bsize } = await check.catch((error) => {
    throw diskError(directory, error);
  });
  const free = bavail * bsize;
  if (free >= MIN_FREE_BYTES) return;
  throw new Error(
    `${path} has ${Math.floor(free / MiB)} MiB free, at least ${MIN_FREE_BYTES / MiB} are needed. ` +
      `Free some space, or set ${setting} to another directory.`,
  );
}

/** Checks the directories of a running product: uploads (`main.ts` points `os.tmpdir()` there) and embedded parts. */
export async function checkDisk({ production, dataDir }: Pick<Config, 'production' | 'dataDir'>) {
  await checkDirectory({ setting: 'UPLOAD_DIR', path: tmpdir() });
  const isEmbedded = !production && existsSync(dataDir);
  if (isEmbedded) await checkDirectory({ setting: 'DATA_DIR', path: dataDir });
}
