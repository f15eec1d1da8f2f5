import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleFunction } from '../../bundle.mjs';
import { startPostgres } from '../../local/postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A real PostgreSQL for the whole run; each product gets a database of its own in it. */
    databaseUrl: string;
    /** The image function as it is deployed. */
    bundle: string;
  }
}

/** Before all tests: one PostgreSQL, and the image function bundled from the code as it is now. */
export default async function setUp({ provide }: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'portrait-test-'));
  // Run by root, PostgreSQL is another user's, who must be able to enter.
  await chmod(folder, 0o755);
  const bundle = join(import.meta.dirname, '../../dist/lambda/index.mjs');
  bundleFunction(bundle);
  const postgres = await startPostgres(folder, () => {});
  provide('databaseUrl', postgres.url);
  provide('bundle', bundle);

  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
