import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunction, FUNCTION_PACKAGES } from '../bundle.mjs';
import { type ArtefactFile, filesOf } from './files.ts';
import type { Machine } from './lock.ts';
import { writeZip } from './pack.ts';
import { installPackages } from './packages.ts';

/** Of libheif the build that is loaded, its licence included, not the four others: 1.5 of 7.5 MB. */
const LIBHEIF =
  /\/libheif-js\/(?:package\.json|LICENSE|libheif-wasm\/(?:LICENSE|libheif\.(?:js|wasm)))$/;

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
    ...installed.filter(({ name }) => !name.includes('/libheif-js/') || LIBHEIF.test(name)),
  ];
  await writeZip(target, { files, machine });
}
