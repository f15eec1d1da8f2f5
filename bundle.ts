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
buildSync({
  ...common,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  packages: 'external',
  splitting: true,
});
