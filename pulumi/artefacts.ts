import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { RunError } from '@pulumi/pulumi';

/** A file to be deployed. */
export interface Artefact {
  /** On this machine. */
  path: string;
  /** SHA-256 in hex: another content is another hash, the same content the same. */
  hash: string;
}

export interface Artefacts {
  /** Zip of the image function. */
  imageFunction: Artefact;
  /** Tarball of the API with its packages and its Node. */
  api: Artefact;
  /** Files of the page by their path on the site; none while the page is not built. */
  page: Map<string, Artefact>;
}

/**
 * Finds what is deployed.
 *
 * @param folder where `npm run bundle` left it, seen from here
 * @throws one line when something was not bundled
 */
export function findArtefacts(folder: string): Artefacts {
  const dist = resolve(import.meta.dirname, folder);
  return {
    imageFunction: readArtefact(join(dist, 'aws', 'function.zip')),
    api: readArtefact(join(dist, 'aws', 'api.tar.gz')),
    page: new Map(filesBelow(join(dist, 'web'))),
  };
}

function readArtefact(path: string): Artefact {
  if (!existsSync(path)) {
    throw new RunError(`${relative(process.cwd(), path)} is missing. Run "npm run bundle" first.`);
  }
  return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

function filesBelow(folder: string): [string, Artefact][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [relative(folder, path).replaceAll('\\', '/'), readArtefact(path)]);
}
