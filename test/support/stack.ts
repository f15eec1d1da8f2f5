import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPTIONS } from '../../pulumi/options/table.ts';
import { type Program, type Run, runProgram } from './engine/run.ts';

/** Not the region that most examples are of, so that one written into the program is seen. */
export const REGION = 'eu-north-1';

/** What is deployed; the program only looks at the bytes. */
export const ARTEFACTS = {
  'aws/function.zip': 'zip of the image function',
  'aws/api.tar.gz': 'tarball of the API',
  'page/index.html': '<!doctype html><title>Portrait</title>',
  'page/assets/index-1a2b3c.js': 'export {};',
};

/** As `pulumi` itself hands the defaults of Pulumi.yaml to the program: as texts, empty ones too. */
const DEFAULTS = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, { fallback }]) => [
    `portrait:${name}`,
    fallback === undefined ? '' : String(fallback),
  ]),
);

/**
 * Lets `pulumi/` be run as often as one likes, with stand-ins for the artefacts, which take minutes to build;
 * `bundle` makes others of them.
 */
export async function openStack(artefacts: Record<string, string> = ARTEFACTS) {
  const folder = await mkdtemp(join(tmpdir(), 'portrait-stack-'));
  const bundle = async (files: Record<string, string>) => {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, content);
    }
  };
  await bundle(artefacts);

  const run = ({ config = {}, ...settings }: Partial<Program> = {}): Promise<Run> =>
    runProgram({
      folder: join(import.meta.dirname, '../../pulumi'),
      explicitProviders: ['aws'],
      ...settings,
      config: { ...DEFAULTS, 'portrait:artefacts': folder, 'aws:region': REGION, ...config },
    });
  return { run, bundle, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
