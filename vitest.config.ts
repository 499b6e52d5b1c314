import { configDefaults, defineConfig } from 'vitest/config';
import { SLOW_TESTS } from './test/slow-tests.ts';

/** `--mode quick` is `npm test`, `--mode slow` is `npm run test:slow`; without either all tests are there to choose from. */
export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'slow' ? [...SLOW_TESTS] : ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(mode === 'quick' ? SLOW_TESTS : [])],
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
}));
