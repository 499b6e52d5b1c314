import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planDemo } from '../../src/demo/plan.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { expectViews } from './expect-foreseen.ts';
import { type Question, questions, startOf } from './histories.ts';
import { historyOf } from './history.ts';
import { loadForeseen } from './load-foreseen.ts';
import { type Expected, foresee } from './oracle.ts';

/** Columns of which a history says nothing: how a run read its list, how long that took, and who asked for it. */
const UNFORESEEN: Readonly<Record<string, readonly string[]>> = {
  'report.run_history': ['duration_seconds', 'extra_reads', 'pages', 'passes', 'requests', 'retries', 'trigger'],
};

/** Always the same histories, so that what they show can be counted; any other seed does as well. */
const SEARCH = { numRuns: 600, seed: 4 };

/** How many rows say what, of all that histories can show: where one is never met, agreeing on it means nothing. */
function rowsThatSay(expected: Expected): Readonly<Record<string, number>> {
  const daily = expected['report.daily_downloads'];
  const changes = expected['report.changes'];
  const movers = expected['report.movers'];
  const windows = [7, 28].flatMap((days): readonly [string, number][] => {
    const ofWindow = movers.filter(({ window_days }) => window_days === days);
    return [
      [`${days} days`, ofWindow.filter(({ downloads }) => downloads !== null && downloads > 0).length],
      [`unknown ${days} days`, ofWindow.filter(({ downloads }) => downloads === null).length],
      [`another ${days} days than before`, ofWindow.filter(({ change }) => change !== null && change !== 0).length],
    ];
  });
  return {
    reset: daily.filter(({ reset }) => reset).length,
    baseline: daily.filter(({ days_covered }) => days_covered === null).length,
    gap: daily.filter(({ days_covered }) => days_covered !== null && days_covered > 1).length,
    new: changes.filter(({ details }) => details?.new === true).length,
    superseded: changes.filter(({ change }) => change === 'superseded').length,
    withdrawn: changes.filter(({ change }) => change === 'withdrawn').length,
    restored: changes.filter(({ change }) => change === 'restored').length,
    uncovered: expected['report.coverage'].filter(({ covered }) => !covered).length,
    ...Object.fromEntries(windows),
  };
}

describe.skipIf(!postgresAvailable)('the views over tables that are as the oracle foresees them', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
    // To compile some of the queries takes a quarter of a second each time, to run them none.
    await client.query('SET jit = off');
  });
  afterEach(() => client.release());

  it('say what the oracle foresees of the recorded month, all of them and in every column', async () => {
    const month = await readRecordedMonth();
    const plan = planDemo(month);
    const expected = foresee(historyOf(month), plan.organizations, plan.nights);
    await loadForeseen(client, expected, startOf);
    await expectViews(client, expected);

    const { rows } = await client.query<{ view: string; columns: readonly string[] }>(
      `SELECT 'report.' || table_name AS view, array_agg(column_name::text ORDER BY column_name) AS columns
       FROM information_schema.columns WHERE table_schema = 'report' GROUP BY table_name`,
    );
    const { 'report.failures': none, ...foreseen } = Object.fromEntries(
      Object.entries<readonly object[]>(expected).filter(([table]) => table.startsWith('report.')),
    );
    expect(none).toEqual([]);
    expect(Object.fromEntries(rows.map(({ view, columns }) => [view, columns]))).toEqual({
      'report.failures': expect.anything(),
      ...Object.fromEntries(
        Object.entries(foreseen).map(([view, [row = {}]]) => [
          view,
          [...Object.keys(row), ...(UNFORESEEN[view] ?? [])].sort(),
        ]),
      ),
    });
  });

  it('say what the oracle foresees of any small history: resets, gaps, absences, several versions', async () => {
    const met = new Map<string, number>();
    /** Undone afterwards: quicker than to empty the tables. */
    async function ask({ history, organizations, nights }: Question): Promise<void> {
      const expected = foresee(history, organizations, nights);
      for (const [what, rows] of Object.entries(rowsThatSay(expected))) met.set(what, (met.get(what) ?? 0) + rows);
      await client.query('SAVEPOINT history');
      try {
        await loadForeseen(client, expected, startOf);
        await expectViews(client, expected);
      } finally {
        await client.query('ROLLBACK TO SAVEPOINT history');
      }
    }
    await client.query('BEGIN');
    await fc.assert(fc.asyncProperty(questions, ask), SEARCH);
    expect([...met].filter(([, times]) => times < 50)).toEqual([]);
  }, 120_000);
});
