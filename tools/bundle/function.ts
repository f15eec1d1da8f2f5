import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunction } from '../../bundle.mjs';
import { type ArtifactFile, listFiles } from './files.ts';
import type { Machine } from './lock.ts';
import { writeZip } from './pack.ts';
import { installPackages } from './packages.ts';

/** Packages with native code or WebAssembly, which esbuild cannot bundle; with their dependencies. */
export const FUNCTION_PACKAGES = ['sharp', 'libheif-js'];

/**
 * Files of theirs that are packed: of libheif the one build that is loaded, 1.5 of 7.5 MB, and of all packages the
 * licenses, also where the code is part of the bundle.
 */
const PACKED =
  /\/@img\/sharp-|\/LICEN[CS]E|\/libheif-js\/(?:package\.json|libheif-wasm\/libheif\.(?:js|wasm))$/;

/** Bundles both image functions into one zip, with the handlers `index.http` and `index.queue`. */
export async function bundleFunctions(target: string, work: string, machine: Machine) {
  await rm(work, { recursive: true, force: true });
  const bundle = join(work, 'index.cjs');
  bundleFunction(bundle);
  const packages = join(
    await installPackages(FUNCTION_PACKAGES, machine, 'function'),
    'node_modules',
  );
  const installed = await listFiles(packages, 'node_modules/');
  const files: ArtifactFile[] = [
    { name: 'index.cjs', path: bundle },
    ...installed.filter(({ name }) => PACKED.test(name)),
  ];
  await writeZip(target, { files, machine });
}
