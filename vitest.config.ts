import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'scripts/**/*.test.ts', 'docs/**/*.test.ts'],
    testTimeout: 30_000,
    // Two cores: more files at once only make each slower.
    maxWorkers: 2,
  },
});
