import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { RunError } from '@pulumi/pulumi';

/** A local file to deploy. */
export interface Artifact {
  path: string;
  /** SHA-256 in hex. */
  hash: string;
}

export interface Artifacts {
  /** Zip of the image function. */
  imageFunction: Artifact;
  /** Tarball of the API with its packages and its Node. */
  api: Artifact;
  /** Files of the web app by their path on the site; empty if the web app was not built. */
  webApp: Map<string, Artifact>;
}

/**
 * Finds the artifacts to deploy.
 *
 * @param folder output of `npm run bundle`, relative to this folder
 * @throws RunError if a bundle is missing
 */
export function findArtifacts(folder: string): Artifacts {
  const dist = resolve(import.meta.dirname, folder);
  return {
    imageFunction: readArtifact(join(dist, 'aws', 'function.zip')),
    api: readArtifact(join(dist, 'aws', 'api.tar.gz')),
    webApp: findWebApp(join(dist, 'web')),
  };
}

function readArtifact(path: string): Artifact {
  if (!existsSync(path)) {
    throw new RunError(`${relative(process.cwd(), path)} is missing. Run "npm run bundle" first.`);
  }
  return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

function findWebApp(folder: string): Map<string, Artifact> {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(
    paths.map((path) => [relative(folder, path).replaceAll('\\', '/'), readArtifact(path)]),
  );
}
