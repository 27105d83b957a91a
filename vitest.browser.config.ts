import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/ui/test/**/*.browser.ts'],
    testTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
