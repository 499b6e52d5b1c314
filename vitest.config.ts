import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Two cores are what CI has; more workers than that only make timings worse. VITEST_MAX_WORKERS overrides it.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
