import { closeSync, openSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './lock.ts';

/** A file of an artifact. */
export interface ArtifactFile {
  /** Name in the artifact, with `/`. */
  name: string;
  /** Path on this machine. */
  path: string;
  /** All other files are read-only data to the machine that runs the artifact. */
  isExecutable?: true;
}

/** Files that no program reads at run time: documentation, types, maps, native sources, hidden files and a package's own tests. */
const UNUSED = [
  /\.(?:md|markdown|[cm]?ts|map|cc|h|gyp|tsbuildinfo)$/i,
  /(?:^|\/)\./,
  /^(?:@[^/]+\/)?[^/]+\/(?:tests?|__tests__|benchmarks?|examples?)\//,
];
/** Licenses must be distributed with the packages. */
const LICENSE = /(?:^|\/)(?:licen[cs]e|notice|copying)[^/]*$/i;

/**
 * Lists the files of a folder that are needed at run time, sorted by name.
 *
 * @param prefix folder in the artifact, ends in a slash
 */
export async function listFiles(folder: string, prefix: string): Promise<ArtifactFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => LICENSE.test(name) || !UNUSED.some((pattern) => pattern.test(name)))
    .map((name) => ({ name: prefix + name, path: join(folder, name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `e_machine` of the ELF header (System V ABI). */
const ELF_MACHINES = { x64: 62, arm64: 183 };

/**
 * Reads synchronously: an artifact has thousands of files, and opening each asynchronously takes longer than packing them.
 *
 * @throws Error if the file contains machine code for another CPU: nothing would start on that machine
 */
export function checkMachine({ cpu }: Machine, { name, path }: ArtifactFile): void {
  const head = Buffer.alloc(20);
  const file = openSync(path, 'r');
  const length = readSync(file, head);
  closeSync(file);
  const isElf = length === head.length && head.readUInt32BE(0) === 0x7f454c46;
  if (isElf && head.readUInt16LE(18) !== ELF_MACHINES[cpu]) {
    throw new Error(`${name} is not for ${cpu}. Remove dist/packages and bundle again.`);
  }
}
