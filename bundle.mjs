/** Compiles the API and the image function to `dist/`: what `npm start` runs and what is deployed. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, execPath, exit, stderr, versions } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url));

// First, and in plain JavaScript: an older Node.js cannot parse the rest, and fails with a misleading syntax error.
requireNode();
const { buildSync } = await import('esbuild');

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  logLevel: 'warning',
};

/**
 * Everything `npm start` runs.
 *
 * @param {string} folder below the root, where the packages are found
 */
export function bundle(folder) {
  bundleApi(folder);
  bundleFunction(join(folder, 'lambda', 'index.cjs'));
}

/** @param {string} outdir */
function bundleApi(outdir) {
  buildSync(apiOptions(outdir));
  // Started as a file, by path (local/lambda-host/process.ts).
  const script = 'function-process.mjs';
  copyFileSync(join(root, 'local/lambda-host', script), resolve(root, outdir, script));
}

/**
 * The API loads its packages from node_modules; only our own files are bundled.
 *
 * @param {string} outdir
 * @returns {import('esbuild').BuildOptions}
 */
export const apiOptions = (outdir) => ({
  ...common,
  entryPoints: ['src/main.ts', 'src/cleanup.ts'],
  outdir,
  packages: 'external',
  splitting: true,
});

/**
 * The function is one file beside its native modules, including sharp's sixty files, for a short cold start. It is CommonJS:
 * importing a module of Node.js as ESM evaluates all of its exports, with `node:http` the whole of fetch().
 *
 * @param {string} outfile
 */
export function bundleFunction(outfile) {
  buildSync({
    ...common,
    entryPoints: ['lambda/index.ts'],
    outfile,
    format: 'cjs',
    // Rarely needed, and its license asks for it to be replaceable. sharp finds its native module from here.
    external: ['libheif-js'],
    // ES modules can be tree-shaken.
    mainFields: ['module', 'main'],
    define: { 'import.meta.url': '__filename' },
    minify: true,
  });
}

/** Exits with advice when this Node.js is older than package.json requires. */
function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '');
  if (versions.node.localeCompare(needed, 'en', { numeric: true }) >= 0) return;

  stderr.write(
    `Portrait needs Node ${needed} or later; this is ${versions.node} (${execPath}).\n` +
      'On Linux "npm ci" brings its own, which "npm start", "npm test" and "npx" find first: use these, not node itself.\n' +
      'Elsewhere, or without its optional packages, install Node from https://nodejs.org.\n',
  );
  exit(1);
}

if (argv[1]?.endsWith('bundle.mjs')) {
  bundle('dist');
  await (await import('./web/build.mjs')).buildWebApp('dist/web');
  // `npm run dev`: the product is bundled and restarted after every change.
  if (argv[2] === 'start') {
    await (await import('./web/dev.mjs')).serveWebApp();
    await import(new URL('dist/main.js', import.meta.url).href);
  }
}
