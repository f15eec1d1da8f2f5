import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Lock, lockOf, type Machine } from './lock.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Folders of installed packages: made once per lock file, so that the next bundle takes seconds. */
const CACHE = join(ROOT, 'dist', 'packages');

/**
 * Installs packages for a machine, this one or another, exactly as package-lock.json says.
 *
 * @param purpose one word; of each purpose and machine only the newest installation is kept
 * @returns the folder that holds their `node_modules`
 */
export async function installPackages(
  names: readonly string[],
  machine: Machine,
  purpose: string,
): Promise<string> {
  const lock = lockOf(names, await readLock(), machine);
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
    // Somebody else was faster.
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
  // By force: npm looks at this machine when it judges what may be installed for the other.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--force'];
  // Started by npm we would inherit its idea of where the project is.
  const npm = ['ci', `--prefix=${folder}`, ...target, ...quiet];
  const place = { cwd: folder, shell: process.platform === 'win32' };
  await promisify(execFile)('npm', npm, place).catch((cause) => {
    const said = `${cause.stderr ?? ''}`.match(/^npm error .*/m)?.[0] ?? cause.message;
    throw new Error(`npm could not install packages for ${os} ${cpu}: ${said}`, { cause });
  });
  const missing = Object.keys(lock.packages).filter((place) => !existsSync(join(folder, place)));
  if (missing.length > 0) throw new Error(`npm left out ${missing.join(', ')} for ${os} ${cpu}.`);
}
