import { defineConfig } from 'vitest/config';

/** What `npm run check` runs of the tests. */
const CHECKS = ['test/*.test.ts'];

export default defineConfig({
  // Vite would load graphql's ES module while the libraries load its CommonJS twin: two copies refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    projects: [
      // Looks at the repository and starts nothing: seconds.
      { extends: true, test: { name: 'check', include: CHECKS } },
      {
        extends: true,
        test: {
          name: 'product',
          include: ['test/**/*.test.ts'],
          exclude: CHECKS,
          globalSetup: ['test/support/setup.ts'],
        },
      },
    ],
    setupFiles: ['test/support/tidy.ts'],
    // A process for each file would load the server anew for each: a third of the whole time.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers would only make PostgreSQL and sharp wait for each other.
    maxWorkers: 2,
    coverage: {
      include: ['src/**', 'lambda/**', 'local/**', 'artefacts/**', 'doctor/**'],
      reporter: ['text-summary', 'html'],
    },
  },
});
