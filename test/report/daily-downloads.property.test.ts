import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { type History, writeHistory } from './history.ts';
import { useScratch } from './scratch.ts';
import { plans, simulate } from './simulation.ts';

const scratch = useScratch();

/** Asks within a savepoint, so that one transaction serves all histories; planned once, which takes longer than to run. */
async function askOnce(
  history: History,
  query: { readonly name: string; readonly text: string },
): Promise<unknown[][]> {
  await scratch.client.query('SAVEPOINT history');
  try {
    await writeHistory(scratch.client, history);
    const { rows } = await scratch.client.query({ ...query, rowMode: 'array' });
    return rows;
  } finally {
    await scratch.client.query('ROLLBACK TO SAVEPOINT history');
  }
}

describe.skipIf(!postgresAvailable)('report.daily_downloads, over any history', () => {
  it('has the rows, and no other, that following each artifact run by run gives', async () => {
    await fc.assert(
      fc.asyncProperty(plans(['acme', 'bob']), async (plan) => {
        const { history, expected } = simulate(plan);
        const rows = await askOnce(history, {
          name: 'daily_downloads',
          text: `SELECT name, organization, to_char(day, 'YYYY-MM-DD'), downloads::integer, days_covered, reset
           FROM report.daily_downloads ORDER BY name, day`,
        });
        const foreseen = [...expected]
          .sort((a, b) => (`${a.name} ${a.day}` < `${b.name} ${b.day}` ? -1 : 1))
          .map((row) => [row.name, row.organization, row.day, row.downloads, row.days_covered, row.reset]);
        expect(rows).toEqual(foreseen);
      }),
      { numRuns: 500 },
    );
  });

  it('telescopes, is never negative, and has no day twice and none that is not covered', async () => {
    await fc.assert(
      fc.asyncProperty(plans(['acme']), async (plan) => {
        const { history } = simulate(plan);
        // The counter behind a row, found in another way than the view finds it.
        const rows = await askOnce(history, {
          name: 'telescoping',
          text: `SELECT artifact_id, day::text, downloads::integer, reset, coverage.covered, (
             SELECT download_count::integer FROM mirror.download_observations AS observation
             WHERE observation.artifact_id = daily.artifact_id AND observation.run_id <= coverage.run_id
             ORDER BY run_id DESC LIMIT 1
           )
           FROM report.daily_downloads AS daily
           LEFT JOIN report.coverage AS coverage USING (kind, organization, day)
           ORDER BY artifact_id, coverage.run_id`,
        });
        expect(new Set(rows.map(([artifact, day]) => `${artifact} ${day}`)).size).toBe(rows.length);
        let sum = 0;
        let start: unknown = null;
        let artifact: unknown = null;
        for (const [id, , downloads, reset, covered, counter] of rows) {
          expect(covered).toBe(true);
          if (id !== artifact || downloads === null) {
            // A stretch begins at an artifact's first row, and anew wherever the difference is not known.
            expect(reset === true || id !== artifact).toBe(true);
            artifact = id;
            start = counter;
            sum = 0;
            continue;
          }
          expect(downloads).toBeGreaterThanOrEqual(0);
          sum += Number(downloads);
          expect(sum).toBe(Number(counter) - Number(start));
        }
      }),
      { numRuns: 500 },
    );
  });
});
