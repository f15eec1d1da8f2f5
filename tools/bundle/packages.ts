import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Lock, type Machine, subsetLock } from './lock.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Cache of installed packages, by hash of their lock file, so that the next bundle takes seconds. */
const CACHE = join(ROOT, 'dist', 'packages');

/**
 * Installs packages for a machine, this one or another, at the versions of package-lock.json.
 *
 * @param purpose part of the folder's name; the newest installation per purpose and CPU replaces older ones
 * @returns the folder with their `node_modules`
 */
export async function installPackages(
  names: readonly string[],
  machine: Machine,
  purpose: string,
): Promise<string> {
  const lock = subsetLock(names, await readLock(), machine);
  const prefix = `${purpose}-${machine.cpu}-`;
  const folder = join(CACHE, prefix + hashOf(lock));
  if (existsSync(folder)) return folder;

  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    await install(draft, lock, machine);
    const old = (await readdir(CACHE)).filter((name) => name.startsWith(prefix));
    for (const name of old) await rm(join(CACHE, name), { recursive: true, force: true });
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process finished the same installation first.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

const readLock = async (): Promise<Lock> =>
  JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));

const hashOf = (lock: Lock) =>
  createHash('sha256').update(JSON.stringify(lock)).digest('hex').slice(0, 16);

async function install(folder: string, lock: Lock, { os, cpu, libc }: Machine) {
  const { dependencies } = lock.packages[''] ?? {};
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const target = [`--os=${os}`, `--cpu=${cpu}`, `--libc=${libc}`];
  // --force: npm checks `engines` and `os` against this machine, not against the target.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--force'];
  // --prefix: under `npm run`, the environment names another project, which wins over `cwd`.
  const args = ['ci', `--prefix=${folder}`, ...target, ...flags];
  const options = { cwd: folder, shell: process.platform === 'win32' };
  await promisify(execFile)('npm', args, options).catch((cause) => {
    const message = `${cause.stderr ?? ''}`.match(/^npm error .*/m)?.[0] ?? cause.message;
    throw new Error(`npm could not install packages for ${os} ${cpu}: ${message}`, { cause });
  });
  const missing = Object.keys(lock.packages).filter(
    (location) => !existsSync(join(folder, location)),
  );
  if (missing.length > 0) {
    throw new Error(`npm did not install ${missing.join(', ')} for ${os} ${cpu}.`);
  }
}
