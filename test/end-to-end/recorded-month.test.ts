import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { createDemoClock } from '../../src/demo/demo-clock.ts';
import { planDemo } from '../../src/demo/plan.ts';
import { playMonth } from '../../src/demo/play-month.ts';
import { startRecordedCatalog } from '../../src/demo/recorded-catalog.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { expectTables } from '../oracle/expect-foreseen.ts';
import { historyOf } from '../oracle/history.ts';
import { foresee } from '../oracle/oracle.ts';
import { STORES } from '../queue/ground.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

describe.skipIf(!postgresAvailable).each(STORES)('the recorded month, through the queue on $name', (store) => {
  const database = useTestDatabase();

  it.skipIf(!store.available)(
    'leaves every table and view as the oracle foresees them, every night certified',
    async () => {
      const month = await readRecordedMonth();
      const plan = planDemo(month);
      const catalog = await startRecordedCatalog(month);
      const clock = createDemoClock(createSystemClock());
      const place = await store.place();
      const lines: string[] = [];
      const backend = await openQueueBackend(place.location, { log: (line) => lines.push(line), clock });
      try {
        const runs = await playMonth(plan, {
          pool: database.pool,
          backend,
          catalog,
          clock,
          version: '0.0.0-test',
          signal: AbortSignal.timeout(120_000),
        });
        expect(runs.filter(({ state }) => state !== 'certified')).toEqual([]);
        expect(runs).toHaveLength(plan.nights.length * plan.organizations.length);
        await expectTables(database.pool, foresee(historyOf(month), plan.organizations, plan.nights));
        expect(await stagedRows()).toEqual([{ pages: 0, artifacts: 0, bad: 0 }]);
        expect(lines).toEqual([]);
      } finally {
        await backend.close();
        await catalog.close();
        await place.remove();
      }
    },
    150_000,
  );

  async function stagedRows() {
    const { rows } = await database.pool.query(
      `SELECT (SELECT count(*)::integer FROM mirror.staged_pages) AS pages,
              (SELECT count(*)::integer FROM mirror.staged_artifacts) AS artifacts,
              (SELECT count(*)::integer FROM mirror.staged_bad_records) AS bad`,
    );
    return rows;
  }
});
