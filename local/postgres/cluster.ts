import { chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectoryAtomically } from './create-directory-atomically.ts';
import { type DataDirectory, runAs } from './data-directory.ts';
import type { Programs } from './programs.ts';

/**
 * Sorts by code point, the same on every machine, with full Unicode case mapping: `lower`, `ilike` and trigrams of É work.
 * pg_trgm needs a locale of the C library, whose name differs on macOS.
 */
const LOCALE = [
  '--locale=C',
  `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--encoding=UTF8',
];

/** Access is controlled by the permissions of the socket's directory. */
const ACCESS = ['--username=portrait', '--auth-local=trust', '--auth-host=reject'];

/** Creates PostgreSQL's data directory, or checks that these programs can read the existing one. */
export async function prepareCluster(
  { cluster, account }: DataDirectory,
  { programs, major, stopping }: Programs & { stopping?: AbortSignal | undefined },
) {
  await createDirectoryAtomically(cluster, 'PG_VERSION', async (temporary) => {
    await chown(temporary, account.uid, account.gid);
    stopping?.throwIfAborted();
    const initdb = runAs(account, join(programs, 'initdb'), [
      '-D',
      temporary,
      ...ACCESS,
      ...LOCALE,
    ]);
    // The temporary directory is discarded anyway, and initdb ignores other signals while it syncs files.
    stopping?.addEventListener('abort', () => initdb.child.kill('SIGKILL'));
    await initdb;
  });

  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version === major) return;
  throw new Error(
    `The database in ${cluster} was created by PostgreSQL ${version}, this is ${major}. Set DATA_DIR to a new directory, ` +
      `or migrate the data with pg_dump and psql of PostgreSQL ${version}.`,
  );
}
