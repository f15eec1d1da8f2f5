import { join } from 'node:path';
import { STACK_SETTINGS } from '../../pulumi/config/settings.ts';
import { writeArtifacts } from './artifacts.ts';
import { type Program, type Run, runProgram } from './engine/run.ts';

/** Not the region of most examples, to detect one that is hard-coded in the program. */
export const REGION = 'eu-north-1';

const PAGE = {
  'web/index.html': '<!doctype html><title>Portrait</title>',
  'web/assets/index-1a2b3c.js': 'export {};',
};

/** As `pulumi` passes the defaults of Pulumi.yaml to the program: as strings, including empty ones. */
const DEFAULTS = Object.fromEntries(
  Object.entries(STACK_SETTINGS).map(([name, { fallback }]) => [
    `portrait:${name}`,
    fallback === undefined ? '' : String(fallback),
  ]),
);

/** Runs the program in `pulumi/` repeatedly, as Pulumi does, with placeholder artifacts. */
export function openStack() {
  const artifacts = writeArtifacts(PAGE);
  const run = ({ config = {}, ...settings }: Partial<Program> = {}): Promise<Run> =>
    runProgram({
      folder: join(import.meta.dirname, '../../pulumi'),
      explicitProviders: ['aws'],
      ...settings,
      config: {
        ...DEFAULTS,
        'portrait:artifacts': artifacts.folder,
        'aws:region': REGION,
        ...config,
      },
    });
  return { run, artifacts, [Symbol.dispose]: artifacts.remove };
}
