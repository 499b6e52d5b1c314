import { createSystemClock } from '../../src/clock.ts';
import { createDemoClock } from '../../src/demo/demo-clock.ts';
import { planDemo } from '../../src/demo/plan.ts';
import { playMonth } from '../../src/demo/play-month.ts';
import { startRecordedCatalog } from '../../src/demo/recorded-catalog.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** A database with what the demo leaves behind: every night of the recorded month. The caller drops it. */
export async function playDemo(): Promise<TestDatabase> {
  const month = await readRecordedMonth();
  const database = await createTestDatabase({ withQueue: true });
  const catalog = await startRecordedCatalog(month);
  try {
    const clock = createDemoClock(createSystemClock());
    const backend = await openQueueBackend(
      { store: 'postgres', databaseUrl: database.connectionString },
      { log: () => {}, clock },
    );
    try {
      await playMonth(planDemo(month), {
        pool: database.pool,
        backend,
        catalog,
        clock,
        version: '0.0.0-test',
        signal: AbortSignal.timeout(120_000),
      });
    } finally {
      await backend.close();
    }
    await database.pool.query('ANALYZE');
    return database;
  } catch (error) {
    await database.drop();
    throw error;
  } finally {
    await catalog.close();
  }
}
