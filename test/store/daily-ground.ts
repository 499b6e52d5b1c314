import type pg from 'pg';
import { expect } from 'vitest';

const ROWS = `
  SELECT artifact_id, organization, to_char(day, 'YYYY-MM-DD') AS day, downloads::integer, days_covered, reset
  FROM report.daily_downloads ORDER BY artifact_id, day, organization`;

/** The counters on those days, and where the rows of what is no longer listed end. */
const COUNTERS = `
  WITH counted AS (
    SELECT step.artifact_id, cover.organization, cover.guests, cover.day, step.download_count, 'step' AS what
    FROM mirror.daily_steps AS step JOIN mirror.covers AS cover ON cover.id = step.cover_id
    UNION ALL
    SELECT lull.artifact_id, cover.organization, cover.guests, cover.day, lull.download_count, 'lull'
    FROM mirror.daily_lulls AS lull
    JOIN mirror.covers AS cover USING (kind, organization, guests)
    WHERE cover.id > lull.after_cover_id AND cover.id < lull.before_cover_id
    UNION ALL
    SELECT artifact.id, cover.organization, cover.guests, cover.day,
           mirror.count_of_lull(artifact.id, artifact.download_count, cover.run_id), 'lull'
    FROM mirror.artifacts AS artifact
    JOIN mirror.covers AS cover
      ON cover.organization = artifact.mirrored_by AND cover.guests = (artifact.owner <> artifact.mirrored_by)
      AND cover.id > artifact.lull_after_cover_id
    UNION ALL
    (SELECT DISTINCT ON (artifact_id) artifact_id, lull.organization, lull.guests, cover.day, lull.download_count, 'end'
    FROM mirror.daily_lulls AS lull
    JOIN mirror.artifacts AS artifact ON artifact.id = artifact_id AND artifact.ended_at IS NOT NULL
    JOIN mirror.covers AS cover
      ON cover.kind = lull.kind AND cover.organization = lull.organization AND cover.guests = lull.guests
      AND cover.id >= lull.after_cover_id AND cover.id < lull.before_cover_id
    ORDER BY artifact_id, cover.run_id DESC)
  )
  SELECT artifact_id, organization, guests, day::text, download_count::integer, what
  FROM counted ORDER BY artifact_id, day, organization, what`;

/** Holds what the runs kept of each covered day against what all that is known comes to. */
export async function expectDays(client: pg.PoolClient): Promise<void> {
  const days = async () => [(await client.query(ROWS)).rows, (await client.query(COUNTERS)).rows];
  const kept = await days();
  await client.query('BEGIN');
  await client.query('SELECT mirror.rebuild_daily()');
  const derived = await days();
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
