/** Compiles the API and the image function to `dist/`: what `npm start` runs and what is deployed. */
import { buildSync } from 'esbuild';

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  logLevel: 'warning',
} as const;

/** The API keeps its packages in node_modules; only our own files are joined. */
function bundleApi() {
  buildSync({
    ...common,
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    packages: 'external',
    splitting: true,
  });
}

/** The function is one file beside sharp, whose machine code cannot be joined, and libheif, seldom needed. */
export function bundleFunction(outfile: string) {
  buildSync({
    ...common,
    entryPoints: ['lambda/index.ts'],
    outfile,
    external: ['sharp', 'libheif-js'],
    minify: true,
    // The AWS SDK calls require() for Node's own modules, which ES modules do not have.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}

if (process.argv[1]?.endsWith('bundle.ts')) {
  bundleApi();
  bundleFunction('dist/lambda/index.mjs');
}
