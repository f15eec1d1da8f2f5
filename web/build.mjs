/** Builds the page to static files: what the API serves on a laptop, and what the bucket behind the CDN gets. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, env } from 'node:process';

const root = join(import.meta.dirname, '..');

/** What the built files depend on. */
const SOURCES = ['web', 'package-lock.json'];
/** Ending of the file beside the built page that says of which sources it is. */
const KEY = '.sources';

/**
 * Builds `web/` into a folder, unless the very page that these sources make is there already: Vite alone takes a
 * second to load, and a start is not to wait for what has not changed.
 *
 * @param {string} folder below the root of the repository, or absolute
 */
export async function buildWebApp(folder) {
  const outDir = resolve(root, folder);
  const key = hashSources();
  if (existsSync(join(outDir, 'index.html')) && readKey(outDir) === key) return;

  const { build } = await import('vite');
  const configFile = join(root, 'web', 'vite.config.mjs');
  const given = env.NODE_ENV;
  // Vite takes it for the kind of build; tests have it as `test`, and would get React's slow half.
  env.NODE_ENV = 'production';
  await build({ configFile, logLevel: 'warn', build: { outDir } }).finally(() => {
    if (given === undefined) delete env.NODE_ENV;
    else env.NODE_ENV = given;
  });
  writeFileSync(outDir + KEY, key);
}

/** @param {string} outDir */
function readKey(outDir) {
  try {
    return readFileSync(outDir + KEY, 'utf8');
  } catch {
    return undefined;
  }
}

function hashSources() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const path of filesOf(join(root, source))) hash.update(path).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/**
 * @param {string} path of a file or a folder
 * @returns {string[]}
 */
function filesOf(path) {
  if (path.endsWith('.json')) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

if (argv[1]?.endsWith('build.mjs')) await buildWebApp('dist/web');
