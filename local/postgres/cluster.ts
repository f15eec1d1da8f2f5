/** Makes the data folder of PostgreSQL, whole or not at all. */
import { chown, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Home, runAs } from './home.ts';
import type { Programs } from './programs.ts';

/**
 * Sorts by code point, the same on every machine, and knows all letters: `lower`, `ilike` and trigrams of É too.
 * The last needs a C library's locale, which is not named alike everywhere.
 */
const LOCALE = [
  '--locale=C',
  `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--encoding=UTF8',
];

/** Does nothing where there is a cluster; otherwise makes it under another name: a kill half-way leaves only a draft. */
export async function makeCluster({ cluster, account }: Home, { programs, major }: Programs) {
  if (!(await versionOf(cluster))) {
    const draft = await mkdtemp(`${cluster}.new-`);
    try {
      await chown(draft, account.uid, account.gid);
      const access = ['--username=portrait', '--auth-local=trust', '--auth-host=reject'];
      await runAs(account, join(programs, 'initdb'), ['-D', draft, ...access, ...LOCALE]);
      await rename(draft, cluster);
    } catch (cause) {
      // Another starter was faster, and may have cleared our draft away.
      if (!(await versionOf(cluster)))
        throw new Error(`No database could be made in ${cluster}.`, { cause });
    }
  }
  await clearDrafts(cluster);

  const version = await versionOf(cluster);
  if (version === major) return;
  throw new Error(
    `The database in ${cluster} was made by PostgreSQL ${version}, this is ${major}: set DATA_DIR to a new folder, ` +
      `or bring the data over with pg_dump and psql of PostgreSQL ${version}.`,
  );
}

/** Major version that made the cluster; the file is among the first that initdb writes, so it says nothing of a draft. */
const versionOf = (cluster: string) =>
  readFile(join(cluster, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );

/** Once there is a cluster every draft is rubbish: of a killed starter, or of one that lost the race. */
async function clearDrafts(cluster: string) {
  const names = await readdir(dirname(cluster));
  const drafts = names.filter((name) => name.startsWith(`${basename(cluster)}.new-`));
  await Promise.allSettled(
    drafts.map((name) => rm(join(dirname(cluster), name), { recursive: true, force: true })),
  );
}
