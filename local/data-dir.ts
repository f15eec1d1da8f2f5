/** The directory of the embedded parts: private, on a disk with enough space. */
import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkDirectory, diskError } from '../src/disk.ts';

/** Permission bits to remove. As root, PostgreSQL's account must be able to traverse the directory to its cluster. */
const REMOVED_BITS = { inside: 0o077, root: 0o066 };

/** PostgreSQL's account owns and protects the cluster, and must be able to read the copy of its programs. */
const isPostgres = (name: string) => name === 'postgres' || name.startsWith('postgresql-');

/**
 * Creates DATA_DIR, or tightens the permissions that an earlier version left: directories become 0700, files 0600.
 * Permissions are never loosened. The umask protects files created later.
 *
 * @throws Error with one sentence if the directory is not writable, or its disk is full
 */
export async function prepareDataDir(path: string): Promise<void> {
  const directory = { setting: 'DATA_DIR', path } as const;
  const isRoot = process.getuid?.() === 0;
  try {
    const first = await mkdir(path, { recursive: true });
    for (let made = path; first?.length && made.length >= first.length; made = dirname(made)) {
      await chmod(made, isRoot ? 0o711 : 0o700);
    }
    await tighten(path, isRoot ? REMOVED_BITS.root : REMOVED_BITS.inside);
    for (const name of await readdir(path)) {
      if (!isPostgres(name)) await tightenAll(join(path, name));
    }
  } catch (error) {
    throw diskError(directory, error);
  }
  await checkDirectory(directory);
}

async function tightenAll(path: string): Promise<void> {
  const isFolder = await tighten(path, REMOVED_BITS.inside);
  if (!isFolder) return;
  const names = await readdir(path).catch(ignoreMissing);
  await Promise.all((names ?? []).map((name) => tightenAll(join(path, name))));
}

/** @returns whether it is a directory */
async function tighten(path: string, others: number): Promise<boolean> {
  const stats = await lstat(path).catch(ignoreMissing);
  if (!stats?.isFile() && !stats?.isDirectory()) return false;
  if ((stats.mode & others) !== 0) await chmod(path, stats.mode & ~others).catch(ignoreMissing);
  return stats.isDirectory();
}

/** A concurrent start in the same directory may remove a file of its own. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
