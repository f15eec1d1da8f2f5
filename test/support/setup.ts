import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { bundle } from '../../bundle.mjs';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { buildWebApp } from '../../web/build.mjs';
import { type Chromium, findChromium } from './chromium.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** PostgreSQL shared by the whole run; each product gets its own database. */
    databaseUrl: string;
    /** Directory of the compiled product. */
    compiled: string;
    /** Path of the deployable image function. */
    bundle: string;
    /** Directory of the built web app. */
    webAppFolder: string;
    /** The browser, if there is one. */
    chromium: Chromium | undefined;
  }
}

const ROOT = join(import.meta.dirname, '../..');
const WEB_APP = 'dist/web';
const COMPILED = 'dist/test/compiled';

/** Before all tests: starts PostgreSQL, and builds the product and the web app from the current code. */
export default async function setUp({ provide }: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'portrait-test-'));
  // As root, PostgreSQL runs as another user, who must be able to enter the directory.
  await chmod(folder, 0o755);
  const compiled = join(ROOT, COMPILED);
  // Chunks of an earlier run have different names.
  await rm(compiled, { recursive: true, force: true });
  bundle(COMPILED);
  await buildWebApp(WEB_APP);
  const postgres = await startPostgres(folder, () => {});
  await disableDurability(postgres.url);
  provide('databaseUrl', postgres.url);
  provide('compiled', compiled);
  provide('bundle', join(compiled, 'lambda', 'index.cjs'));
  provide('webAppFolder', join(ROOT, WEB_APP));
  provide('chromium', await findChromium());

  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Turns off durability: the databases are discarded after the run. */
async function disableDurability(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('alter system set fsync = off');
  await client.query('alter system set full_page_writes = off');
  await client.query('select pg_reload_conf()');
  await client.end();
}
