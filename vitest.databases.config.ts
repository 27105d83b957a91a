import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['compat/databases/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // Each file starts database servers of its own, and mostly waits for them.
    maxWorkers: 2,
  },
});
