import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCoverage } from '../../src/report/read-coverage.ts';
import { RUN_STATES } from '../../src/store/run.ts';
import { postgresAvailable } from '../support/database.ts';
import { writeHistory } from './history.ts';
import { useScratch } from './scratch.ts';

const day = fc.integer({ min: 1, max: 12 }).map((number) => `2025-01-${String(number).padStart(2, '0')}`);
const run = fc.record({
  day,
  organization: fc.constantFrom('acme', 'globex'),
  kind: fc.constantFrom('models', 'datasets'),
  state: fc.constantFrom(...RUN_STATES.filter((state) => state !== 'running')),
});

interface Row {
  readonly organization: string;
  readonly kind: string;
  readonly day: string;
  readonly covered: boolean;
}

describe.skipIf(!postgresAvailable)('which days are covered', () => {
  const scratch = useScratch();

  it('is what report.coverage says, whatever runs there were and whatever days are asked for', async () => {
    const asked = fc.record(
      { organization: fc.constantFrom('acme', 'globex', 'nobody'), since: day, until: day },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 12 }), asked, async (runs, filter) => {
        await scratch.client.query('SAVEPOINT before');
        await writeHistory(scratch.client, { runs, artifacts: [] });
        const { rows } = await scratch.client.query<Row>(
          'SELECT organization, kind, day::text AS day, covered FROM report.coverage',
        );
        const told = await readCoverage(scratch.client, filter);
        await scratch.client.query('ROLLBACK TO before');

        const known = rows.filter(({ organization }) => organization === (filter.organization ?? organization));
        const wanted = known.filter((row) => row.day >= (filter.since ?? '') && row.day <= (filter.until ?? '9999'));
        const days = [...new Set(wanted.map((row) => row.day))].sort();
        const isUncovered = (one: string): boolean => wanted.some((row) => row.day === one && !row.covered);
        const ends = known.map((row) => row.day).sort();
        expect(told.span).toEqual(ends.length === 0 ? null : { first: ends[0], last: ends.at(-1) });
        expect(told.uncoveredDays).toBe(days.filter(isUncovered).length);
        expect(told.coveredDays).toBe(days.length - told.uncoveredDays);
        const keyOf = (row: Omit<Row, 'covered'>): string => [row.day, row.organization, row.kind].join(' ');
        expect(told.uncovered.map(keyOf)).toEqual(
          wanted
            .filter(({ covered }) => !covered)
            .map(keyOf)
            .sort(),
        );
        for (const one of told.uncovered) {
          expect(one.byNone).toBe(!wanted.some((row) => row.day === one.day && row.covered));
          const last = runs.findLastIndex((each) => keyOf(each) === keyOf(one));
          expect(one.run?.runId ?? null).toBe(last === -1 ? null : String(last + 1));
        }
      }),
      { numRuns: 60 },
    );
  });
});
