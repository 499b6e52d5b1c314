/**
 * Searches for counterexamples that take minutes: whole programs and servers that are killed, stopped or cut off at many
 * moments, thousands of walks, many organizations at once, an image that is built. `npm test` leaves them to
 * `npm run test:slow`, which CI runs as well; `npx vitest run FILE` runs either.
 */
export const SLOW_TESTS: readonly string[] = [
  'test/compose/**/*.test.ts',
  'test/embedded/commands.test.ts',
  'test/end-to-end/adversary.test.ts',
  'test/end-to-end/kills*.test.ts',
  'test/end-to-end/rate-limits.test.ts',
  'test/faults/**/*.test.ts',
  'test/many/**/*.test.ts',
  'test/secrets/failures.test.ts',
  'test/walk/proof.property.test.ts',
];
