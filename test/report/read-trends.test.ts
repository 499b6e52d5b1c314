import { describe, expect, it } from 'vitest';
import { readReport } from '../../src/report/read-report.ts';
import { readTrends } from '../../src/report/read-trends.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { nights, writeHistory } from './history.ts';

/** As long as a busy machine may take. */
const LONG = { patienceMs: 60_000 };

describe.skipIf(!postgresAvailable)('the days beside a report', () => {
  const database = useTestDatabase();
  const written = (): Promise<void> =>
    writeHistory(database.pool, {
      runs: nights('2025-01-01', '2025-01-02', '2025-01-04'),
      artifacts: [
        { name: 'acme/two', version: '1', counts: { 1: 10, 2: 15, 3: 21 } },
        { name: 'acme/two', version: '2', counts: { 1: 100, 2: 101, 3: 103 } },
        { name: 'acme/one', counts: { 1: 7, 2: 8 } },
        { name: 'acme/two', owner: 'somebody', kind: 'datasets', counts: { 1: 1 } },
      ],
    });
  const last = (days: readonly (number | null)[] | undefined): readonly (number | null)[] => days?.slice(-4) ?? [];

  it('are those of a model over all its versions, in the order of the rows', async () => {
    await written();
    const report = await readReport(database.pool, 'models', { limit: 2 });
    const trends = await readTrends(database.pool, report, LONG);
    expect(report.rows.map(({ name }) => name)).toEqual(['acme/two', 'acme/one']);
    expect(trends?.until).toBe('2025-01-04');
    // What was counted over two days is spread over both; the day without a run has no number of its own.
    expect(trends?.rows.map(last)).toEqual([
      [null, 6, null, 4],
      [null, 1, null, 0],
    ]);
    expect(trends?.rows.map((days) => days.length)).toEqual([28, 28]);
  });

  it('are those of each version where the rows are versions', async () => {
    await written();
    const report = await readReport(database.pool, 'artifacts', { organization: 'acme', limit: 2 });
    expect((await readTrends(database.pool, report, LONG))?.rows.map(last)).toEqual([
      [null, 1, null, 1],
      [null, 5, null, 3],
    ]);
  });

  it('are left out where a row is a day itself, or nothing is covered', async () => {
    const nothing = await readReport(database.pool, 'models', { limit: 2 });
    expect(await readTrends(database.pool, nothing)).toBeNull();
    await written();
    const days = await readReport(database.pool, 'daily_downloads', { limit: 2 });
    expect(await readTrends(database.pool, days)).toBeNull();
  });

  it('are left out where they would keep the reader waiting', async () => {
    await written();
    const report = await readReport(database.pool, 'models', { limit: 2 });
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('LOCK TABLE mirror.daily_steps IN ACCESS EXCLUSIVE MODE');
    expect(await readTrends(database.pool, report, { patienceMs: 50 })).toBeNull();
    await other.query('ROLLBACK');
    other.release();
    expect(await readTrends(database.pool, report, LONG)).not.toBeNull();
  });
});
