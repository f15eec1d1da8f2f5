import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './lock.ts';

/** A file of an artefact. */
export interface ArtefactFile {
  /** In the artefact, with `/`. */
  name: string;
  /** On this machine. */
  path: string;
  /** Everything else may only be read. */
  isProgram?: true;
}

/** What no program reads: documentation, types, maps, sources of machine code, hidden files and a package's own tests. */
const NOT_RUN = [
  /\.(?:md|markdown|[cm]?ts|map|cc|h|gyp|tsbuildinfo)$/i,
  /(?:^|\/)\./,
  /^(?:@[^/]+\/)?[^/]+\/(?:tests?|__tests__|benchmarks?|examples?)\//,
];
/** Licences stay, as they ask. */
const LICENCE = /(?:^|\/)(?:licen[cs]e|notice|copying)[^/]*$/i;

/**
 * The files of a folder that are needed at run time, sorted by name.
 *
 * @param place where they are in the artefact, ends in a slash
 */
export async function filesOf(folder: string, place: string): Promise<ArtefactFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => LICENCE.test(name) || !NOT_RUN.some((kind) => kind.test(name)))
    .map((name) => ({ name: place + name, path: join(folder, name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `e_machine` of the ELF header (System V ABI). */
const ELF_MACHINES = { x64: 62, arm64: 183 };

/**
 * Reads a file, and makes sure that machine code in it is for the machine it goes to.
 *
 * @throws when it is not: on that machine nothing would start
 */
export async function readFor({ cpu }: Machine, { name, path }: ArtefactFile): Promise<Buffer> {
  const bytes = await readFile(path);
  const isElf = bytes.length > 20 && bytes.readUInt32BE(0) === 0x7f454c46;
  if (isElf && bytes.readUInt16LE(18) !== ELF_MACHINES[cpu]) {
    throw new Error(`${name} is not for ${cpu}. Remove dist/packages and bundle again.`);
  }
  return bytes;
}
