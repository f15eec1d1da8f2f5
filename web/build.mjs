/** Builds the web app as static files, which the API serves on a laptop and a bucket behind the CDN in production. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, env } from 'node:process';

const root = join(import.meta.dirname, '..');

/** Files and folders that the build depends on. */
const SOURCES = ['web', 'package-lock.json'];
/** Suffix of the file next to the built web app that contains the hash of its sources. */
const KEY_SUFFIX = '.sources';

/**
 * Builds `web/` into a folder, unless it already contains the build of the same sources: loading Vite takes a second,
 * which would delay every start.
 *
 * @param {string} folder below the root of the repository, or absolute
 */
export async function buildWebApp(folder) {
  const outDir = resolve(root, folder);
  const key = hashSources();
  if (existsSync(join(outDir, 'index.html')) && readKey(outDir) === key) return;

  const { build } = await import('vite');
  const configFile = join(root, 'web', 'vite.config.mjs');
  const previous = env.NODE_ENV;
  // Vite builds for this environment; in tests it is `test`, which would include React's development build.
  env.NODE_ENV = 'production';
  await build({ configFile, logLevel: 'warn', build: { outDir } }).finally(() => {
    if (previous === undefined) delete env.NODE_ENV;
    else env.NODE_ENV = previous;
  });
  writeFileSync(outDir + KEY_SUFFIX, key);
}

/** @param {string} outDir */
function readKey(outDir) {
  try {
    return readFileSync(outDir + KEY_SUFFIX, 'utf8');
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
