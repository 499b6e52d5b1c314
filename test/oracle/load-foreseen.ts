import type pg from 'pg';
import type { Expected } from './oracle.ts';

/**
 * Writes the tables that the oracle foresees into an empty database, so that the views can be asked about them without any run
 * of the mirror. Runs get their ids night by night, in the order of the organizations' names.
 *
 * @param startedAt when the runs of a day started
 */
export async function loadForeseen(
  db: pg.Pool | pg.PoolClient,
  expected: Expected,
  startedAt: (day: string) => Date,
): Promise<void> {
  const at = (day: string): string => startedAt(day).toISOString();
  const runs = expected['mirror.runs']
    .toSorted((a, b) => (a.day === b.day ? (a.organization < b.organization ? -1 : 1) : a.day < b.day ? -1 : 1))
    .map((run, index) => ({ ...run, id: index + 1, started_at: at(run.day) }));
  const runIds = new Map(runs.map(({ id, organization, day }) => [JSON.stringify([organization, day]), id]));
  const speakers = new Map(expected['mirror.artifacts'].map(({ id, mirrored_by }) => [id, mirrored_by]));
  const runOf = (artifactId: string, day: string): number => {
    const id = runIds.get(JSON.stringify([speakers.get(artifactId), day]));
    if (id === undefined) throw new Error(`no run speaks for ${artifactId} on ${day}`);
    return id;
  };
  // The last one of each stands.
  const changedDays = new Map(expected['mirror.artifact_events'].map(({ artifact_id, day }) => [artifact_id, day]));
  const artifacts = expected['mirror.artifacts'].map(({ first_run_day, ended_day, ...artifact }) => ({
    ...artifact,
    first_seen_at: at(first_run_day ?? ''),
    changed_at: at(changedDays.get(artifact.id) ?? first_run_day ?? ''),
    first_run_id: runOf(artifact.id, first_run_day ?? ''),
    run_order: runOf(artifact.id, first_run_day ?? ''),
    ended_at: ended_day === null ? null : at(ended_day),
  }));
  const observations = expected['mirror.download_observations'].map(({ artifact_id, day, download_count }) => ({
    artifact_id,
    observed_at: at(day),
    run_id: runOf(artifact_id, day),
    download_count,
  }));
  const events = expected['mirror.artifact_events'].map(({ artifact_id, day, event }) => ({
    artifact_id,
    run_id: runOf(artifact_id, day),
    run_order: runOf(artifact_id, day),
    at: at(day),
    day,
    event,
  }));

  await db.query(
    `insert into mirror.runs (id, organization, kind, include_public, trigger, day, state, started_at, finished_at,
       time_zone, catalog_url, page_size, lease_expires_at, total, listed, added, changed, counted, superseded, withdrawn,
       restored)
     overriding system value
     select id, organization, kind, include_public, 'manual', day, state, started_at, started_at,
       'UTC', 'https://example.com', 200, started_at, total, listed, added, changed, counted, superseded, withdrawn,
       restored
     from json_populate_recordset(null::mirror.runs, $1)`,
    [JSON.stringify(runs)],
  );
  await db.query('insert into mirror.artifacts select * from json_populate_recordset(null::mirror.artifacts, $1)', [
    JSON.stringify(artifacts),
  ]);
  await db.query(
    `insert into mirror.download_observations
     select * from json_populate_recordset(null::mirror.download_observations, $1)`,
    [JSON.stringify(observations)],
  );
  await db.query(
    `insert into mirror.artifact_events (artifact_id, run_id, run_order, at, day, event)
     select artifact_id, run_id, run_order, at, day, event
     from json_populate_recordset(null::mirror.artifact_events, $1)`,
    [JSON.stringify(events)],
  );
  await db.query('select mirror.rebuild_daily()');
}
