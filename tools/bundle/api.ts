import { rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { apiOptions } from '../../bundle.mjs';
import { type ArtefactFile, filesOf } from './files.ts';
import type { Machine } from './lock.ts';
import { writeManifest } from './manifest.ts';
import { writeTarball } from './pack.ts';
import { installPackages } from './packages.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Writes the API as a machine runs it that has nothing but Linux: `bin/node dist/main.js`, and `dist/cleanup.js`.
 * Their packages, Node itself, the examples of the playground and the list for OPERATIONS are with them.
 */
export async function makeApi(target: string, work: string, machine: Machine) {
  await writeTarball(target, { files: await apiFiles(work, machine), machine });
}

/** What is in it, in order. */
export async function apiFiles(work: string, machine: Machine): Promise<ArtefactFile[]> {
  // Files of an earlier build have other names and would be packed, too.
  await rm(work, { recursive: true, force: true });
  const { metafile } = await build({
    ...apiOptions(work),
    sourcemap: false,
    metafile: true,
    plugins: [withoutLocal],
  });
  await writeFile(join(work, 'operations.json'), await writeManifest());
  const folder = await installPackages(packagesOf(metafile), machine, 'api');
  const node = `node-linux-${machine.cpu}`;
  const nodeFolder = join(await installPackages([node], machine, 'node'), 'node_modules', node);
  return [
    { name: 'bin/node', path: join(nodeFolder, 'bin', 'node'), isProgram: true },
    { name: 'bin/LICENSE', path: join(nodeFolder, 'LICENSE') },
    { name: 'package.json', path: join(ROOT, 'package.json') },
    ...(await filesOf(work, 'dist/')),
    ...(await filesOf(join(ROOT, 'schema'), 'schema/')),
    ...(await filesOf(join(folder, 'node_modules'), 'node_modules/')),
  ];
}

/** What is embedded on a laptop is not deployed; a machine that was told too little says so instead. */
const withoutLocal: Plugin = {
  name: 'without-local',
  setup({ onLoad }) {
    const message =
      'This is the deployed API: nothing is embedded in it. With NODE_ENV=production it names the settings that are missing.';
    onLoad({ filter: /[\\/]local[\\/]start\.ts$/ }, () => ({
      contents: `export const startLocal = () => { throw new Error(${JSON.stringify(message)}); };`,
    }));
  },
};

/** The packages that the compiled files import. */
function packagesOf({ outputs }: Metafile): string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const packages = imports
    .filter(({ external, path }) => external && !isBuiltin(path))
    .map(({ path }) => path.replace(/^((?:@[^/]+\/)?[^/]+).*/, '$1'));
  return [...new Set(packages)].sort();
}
