import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['compat/stores/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
});
