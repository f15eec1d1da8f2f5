import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

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
    setupFiles: ['test/support/restore-globals.ts'],
    // A process for each file would load the server anew for each: a third of the whole time.
    isolate: false,
    // Room for what is soon thrown away: to clear it up in small pieces took a twelfth of the time.
    execArgv: ['--max-semi-space-size=64'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    // For two cores: a third of the time a file waits, for a disk, a deadline or a process to end.
    maxWorkers: 3,
    coverage: {
      include: ['contract/**', 'src/**', 'lambda/**', 'local/**', 'tools/**'],
      reporter: ['text-summary', 'html'],
    },
  },
});
