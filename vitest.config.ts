import { defineConfig } from 'vitest/config';

/** Tests that are about a database on a server, and say nothing without one. */
const ON_A_SERVER = [
  'packages/db/src/mysql/**',
  'packages/db/src/postgresql/**',
  'packages/db/src/schema/server-database.test.ts',
  'packages/db/src/server-store.test.ts',
];

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'scripts/**/*.test.ts', 'docs/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(process.env.TEST_DATABASE_URI === undefined ? ON_A_SERVER : [])],
    setupFiles: ['scripts/property-seed.ts'],
    // What takes longer hangs, however busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Two cores: more files at once only make each slower.
    maxWorkers: 2,
  },
});
