import { defineConfig } from 'vitest/config';

/** Tests that `npm run check` runs. */
const CHECKS = ['test/*.test.ts'];

export default defineConfig({
  // Vite loads graphql's ES module while libraries load its CommonJS build, and each rejects the schemas of the other:
  // https://github.com/MichalLytek/type-graphql/issues/144
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    projects: [
      // Only reads the repository: takes seconds.
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
    // With isolation each file would load the server again, which is a third of the total time.
    isolate: false,
    // A larger young generation: its garbage collection took a twelfth of the time.
    execArgv: ['--max-semi-space-size=64'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A test without an assertion cannot fail. A poll ends as soon as it succeeds, so its limit is for busy machines.
    expect: { requireAssertions: true, poll: { timeout: 20_000 } },
    // For two cores: a file spends a third of its time waiting for disks, timeouts and processes.
    maxWorkers: 3,
    coverage: {
      include: ['contract/**', 'src/**', 'lambda/**', 'local/**', 'tools/**'],
      reporter: ['text-summary', 'html'],
    },
  },
});
