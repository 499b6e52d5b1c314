import { configDefaults, defineConfig } from 'vitest/config';
import { SLOW_TESTS } from './test/slow-tests.ts';

const ALL = 'test/**/*.test.ts';

export default defineConfig({
  test: {
    // Two cores are what CI has; more workers than that only make timings worse. VITEST_MAX_WORKERS overrides it.
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'quick', include: [ALL], exclude: [...configDefaults.exclude, ...SLOW_TESTS] } },
      { extends: true, test: { name: 'slow', include: [...SLOW_TESTS] } },
    ],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
