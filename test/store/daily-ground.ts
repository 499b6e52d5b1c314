import type pg from 'pg';
import { expect } from 'vitest';

const ROWS = `
  SELECT artifact_id, organization, to_char(day, 'YYYY-MM-DD') AS day, downloads::integer, days_covered, reset
  FROM report.daily_downloads ORDER BY artifact_id, day, organization`;

/** Holds what the runs kept of each covered day against what all that is known comes to. */
export async function expectDays(client: pg.PoolClient): Promise<void> {
  const { rows: kept } = await client.query(ROWS);
  await client.query('BEGIN');
  await client.query('SELECT mirror.rebuild_daily()');
  const { rows: derived } = await client.query(ROWS);
  await client.query('ROLLBACK');
  expect(kept).toEqual(derived);
  const { rows: leftOver } = await client.query('SELECT * FROM mirror.daily_stale WHERE run_id IS NOT NULL');
  expect(leftOver).toEqual([]);
}

/** Empties a mirror, which is quicker than a database for each history. */
export async function emptyMirror(client: pg.PoolClient): Promise<void> {
  await client.query(`
    TRUNCATE mirror.runs, mirror.artifacts, mirror.download_observations, mirror.artifact_events, mirror.run_absences,
      mirror.dead_letters, mirror.covers, mirror.daily_steps, mirror.daily_lulls, mirror.daily_stale`);
}
