import type { Harness } from './harness.ts';

/** All that the mirror tells, but for who tells it. */
export async function told(harness: Harness) {
  return {
    artifacts: await harness.rows(
      `SELECT id, name, owner, version, framework, download_count, first_seen_at, ended_at, ending, absent_since
       FROM mirror.artifacts ORDER BY id`,
    ),
    // Whoever takes over observes the same counter once more.
    counters: await harness.rows(
      `SELECT artifact_id, day::text AS day, download_count
       FROM (
         SELECT artifact_id, day, download_count,
                lag(download_count) OVER (PARTITION BY artifact_id ORDER BY run_id) AS before
         FROM mirror.download_observations JOIN mirror.runs ON runs.id = run_id
       ) AS observation
       WHERE before IS DISTINCT FROM download_count
       ORDER BY artifact_id, day, download_count`,
    ),
    events: await harness.rows<{ event: string }>(
      `SELECT artifact_id, day::text AS day, event, changes - 'mirrored_by' AS changes FROM mirror.artifact_events
       WHERE event <> 'changed' OR changes - 'mirrored_by' <> '{}' ORDER BY artifact_id, artifact_events.day, event`,
    ),
    daily: await harness.rows(
      `SELECT artifact_id, day::text AS day, downloads, days_covered, reset FROM report.daily_downloads
       ORDER BY artifact_id, daily_downloads.day`,
    ),
  };
}
