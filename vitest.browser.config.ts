import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/ui/test/**/*.browser.ts'],
    testTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
