/** The folder of the embedded parts: ours alone, on a disk with room. */
import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkDirectory, diskError } from '../src/disk.ts';

/** Permissions that others lose. As root, PostgreSQL's account must pass through the folder to its own cluster. */
const OF_OTHERS = { inside: 0o077, root: 0o066 };

/** PostgreSQL's own account owns and protects the cluster, and must read the copy of its programs. */
const isPostgres = (name: string) => name === 'postgres' || name.startsWith('postgresql-');

/**
 * Makes DATA_DIR, or takes from others what an earlier version let them do in it: folders become 0700, files 0600.
 * Nothing is ever loosened. What the process writes from then on is its own, too (umask).
 *
 * @throws Error with one sentence when the folder cannot be written, or its disk is full
 */
export async function prepareDataDir(path: string): Promise<void> {
  const directory = { setting: 'DATA_DIR', path } as const;
  const isRoot = process.getuid?.() === 0;
  try {
    const first = await mkdir(path, { recursive: true });
    for (let made = path; first?.length && made.length >= first.length; made = dirname(made)) {
      await chmod(made, isRoot ? 0o711 : 0o700);
    }
    await tighten(path, isRoot ? OF_OTHERS.root : OF_OTHERS.inside);
    for (const name of await readdir(path)) {
      if (!isPostgres(name)) await tightenAll(join(path, name));
    }
  } catch (error) {
    throw diskError(directory, error);
  }
  await checkDirectory(directory);
}

async function tightenAll(path: string): Promise<void> {
  const isFolder = await tighten(path, OF_OTHERS.inside);
  if (!isFolder) return;
  const names = await readdir(path).catch(ignoreMissing);
  await Promise.all((names ?? []).map((name) => tightenAll(join(path, name))));
}

/** @returns whether it is a folder */
async function tighten(path: string, others: number): Promise<boolean> {
  const stats = await lstat(path).catch(ignoreMissing);
  if (!stats?.isFile() && !stats?.isDirectory()) return false;
  if ((stats.mode & others) !== 0) await chmod(path, stats.mode & ~others).catch(ignoreMissing);
  return stats.isDirectory();
}

/** Another start on the same folder may remove a file of its own meanwhile. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
