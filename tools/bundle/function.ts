import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunction } from '../../bundle.mjs';
import { type ArtefactFile, filesOf } from './files.ts';
import type { Machine } from './lock.ts';
import { writeZip } from './pack.ts';
import { installPackages } from './packages.ts';

/** What has machine code, and what these need. */
export const FUNCTION_PACKAGES = ['sharp', 'libheif-js'];

/**
 * What of their files is packed. Of libheif the build that is loaded, not the four others: 1.5 of 7.5 MB. Of what is
 * joined into the bundle the licences, which must come with it.
 */
const PACKED =
  /\/@img\/sharp-|\/LICEN[CS]E|\/libheif-js\/(?:package\.json|libheif-wasm\/libheif\.(?:js|wasm))$/;

/** Writes the zip of both image functions, with the handlers `index.http` and `index.queue`. */
export async function makeFunction(target: string, work: string, machine: Machine) {
  await rm(work, { recursive: true, force: true });
  const bundle = join(work, 'index.cjs');
  bundleFunction(bundle);
  const packages = join(
    await installPackages(FUNCTION_PACKAGES, machine, 'function'),
    'node_modules',
  );
  const installed = await filesOf(packages, 'node_modules/');
  const files: ArtefactFile[] = [
    { name: 'index.cjs', path: bundle },
    ...installed.filter(({ name }) => PACKED.test(name)),
  ];
  await writeZip(target, { files, machine });
}
