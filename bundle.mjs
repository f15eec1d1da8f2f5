/** Compiles the API and the image function to `dist/`: what `npm start` runs and what is deployed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, execPath, exit, stderr, versions } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url));

// First of all, and in plain JavaScript: an older Node cannot even read the rest, and says so in riddles.
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
}

/**
 * The API keeps its packages in node_modules; only our own files are joined.
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
 * The function is one file beside machine code. A cold start waits for it, so sharp's sixty files are in it, and it is
 * CommonJS: importing a module of Node's own evaluates all its exports, with `node:http` a whole fetch().
 *
 * @param {string} outfile
 */
export function bundleFunction(outfile) {
  buildSync({
    ...common,
    entryPoints: ['lambda/index.ts'],
    outfile,
    format: 'cjs',
    // Seldom needed, and not to be joined by its licence. The machine code sharp looks for by itself, from here.
    external: ['libheif-js'],
    // ES modules, of which what nobody calls is left out.
    mainFields: ['module', 'main'],
    define: { 'import.meta.url': '__filename' },
    minify: true,
  });
}

/** Ends the process with a word of advice when this Node is older than package.json asks for. */
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
  // `npm run dev`: watched together, the product is bundled and started again after every change.
  if (argv[2] === 'start') {
    await (await import('./web/dev.mjs')).serveWebApp();
    await import(new URL('dist/main.js', import.meta.url).href);
  }
}
