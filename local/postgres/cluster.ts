import { chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWhole } from './create-directory-atomically.ts';
import { type Home, runAs } from './data-directory.ts';
import type { Programs } from './programs.ts';

/**
 * Sorts by code point, alike on every machine, and knows every letter: `lower`, `ilike` and trigrams of É too.
 * The trigrams need a locale of the C library, which macOS names its own way.
 */
const LOCALE = [
  '--locale=C',
  `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--encoding=UTF8',
];

/** Who can enter the socket's folder is let in; nobody else can come. */
const ACCESS = ['--username=portrait', '--auth-local=trust', '--auth-host=reject'];

/** Makes PostgreSQL's data folder, or checks that these programs can read the one that is there. */
export async function makeCluster(
  { cluster, account }: Home,
  { programs, major, stopping }: Programs & { stopping?: AbortSignal | undefined },
) {
  await makeWhole(cluster, 'PG_VERSION', async (draft) => {
    await chown(draft, account.uid, account.gid);
    stopping?.throwIfAborted();
    const initdb = runAs(account, join(programs, 'initdb'), ['-D', draft, ...ACCESS, ...LOCALE]);
    // A draft needs no orderly end, and while it syncs its files initdb hears no other signal.
    stopping?.addEventListener('abort', () => initdb.child.kill('SIGKILL'));
    await initdb;
  });

  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version === major) return;
  throw new Error(
    `The database in ${cluster} was made by PostgreSQL ${version}, this is ${major}. Set DATA_DIR to a new folder, ` +
      `or bring the data over with pg_dump and psql of PostgreSQL ${version}.`,
  );
}
