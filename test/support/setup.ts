import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleFunction } from '../../bundle.mjs';
import { startPostgres } from '../../local/postgres.ts';
import { buildPage } from '../../web/build.mjs';
import { type Chromium, findChromium } from './chromium.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A real PostgreSQL for the whole run; each product gets a database of its own in it. */
    databaseUrl: string;
    /** The image function as it is deployed. */
    bundle: string;
    /** Folder of the built page. */
    page: string;
    /** The browser, where there is one. */
    chromium: Chromium | undefined;
  }
}

const ROOT = join(import.meta.dirname, '../..');
const PAGE = 'dist/page';

/** Before all tests: one PostgreSQL, and the image function and the page built from the code as it is now. */
export default async function setUp({ provide }: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'portrait-test-'));
  // Run by root, PostgreSQL is another user's, who must be able to enter.
  await chmod(folder, 0o755);
  const bundle = join(ROOT, 'dist/lambda/index.cjs');
  bundleFunction(bundle);
  await buildPage(PAGE);
  const postgres = await startPostgres(folder, () => {});
  provide('databaseUrl', postgres.url);
  provide('bundle', bundle);
  provide('page', join(ROOT, PAGE));
  provide('chromium', await findChromium());

  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
