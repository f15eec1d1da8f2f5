import { rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { apiOptions } from '../../bundle.mjs';
import { createAllowlist } from './allowlist.ts';
import { type ArtifactFile, listFiles } from './files.ts';
import type { Machine } from './lock.ts';
import { writeTarball } from './pack.ts';
import { installPackages } from './packages.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Bundles the API for a machine with nothing but Linux, which runs `bin/node dist/main.js` and `dist/cleanup.js`.
 * The tarball contains their packages, Node itself, the playground's examples and the allowlist for OPERATIONS.
 */
export async function bundleApi(target: string, work: string, machine: Machine) {
  await writeTarball(target, { files: await buildApi(work, machine), machine });
}

/** Builds the API in the folder `work`. @returns the files of the tarball, in their order in it */
export async function buildApi(work: string, machine: Machine): Promise<ArtifactFile[]> {
  // Files of an earlier build have other hashes in their names and would be packed, too.
  await rm(work, { recursive: true, force: true });
  const { metafile } = await build({
    ...apiOptions(work),
    sourcemap: false,
    metafile: true,
    plugins: [withoutLocal],
  });
  await writeFile(join(work, 'operations.json'), await createAllowlist());
  const folder = await installPackages(listPackages(metafile), machine, 'api');
  const node = `node-linux-${machine.cpu}`;
  const nodeFolder = join(await installPackages([node], machine, 'node'), 'node_modules', node);
  return [
    { name: 'bin/node', path: join(nodeFolder, 'bin', 'node'), isExecutable: true },
    { name: 'bin/LICENSE', path: join(nodeFolder, 'LICENSE') },
    { name: 'package.json', path: join(ROOT, 'package.json') },
    ...(await listFiles(work, 'dist/')),
    ...(await listFiles(join(ROOT, 'schema'), 'schema/')),
    ...(await listFiles(join(folder, 'node_modules'), 'node_modules/')),
  ];
}

/** Replaces laptop mode by an error, so that an API with missing settings fails instead of embedding services. */
const withoutLocal: Plugin = {
  name: 'without-local',
  setup({ onLoad }) {
    const message =
      'This is the deployed API, which embeds nothing. Set NODE_ENV=production, and it lists the missing settings.';
    onLoad({ filter: /[\\/]local[\\/]start\.ts$/ }, () => ({
      contents: `export const startLocal = () => { throw new Error(${JSON.stringify(message)}); };`,
    }));
  },
};

/** Lists the packages that the compiled files import. */
function listPackages({ outputs }: Metafile): string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const packages = imports
    .filter(({ external, path }) => external && !isBuiltin(path))
    .map(({ path }) => path.replace(/^((?:@[^/]+\/)?[^/]+).*/, '$1'));
  return [...new Set(packages)].sort();
}
