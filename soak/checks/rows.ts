import type pg from 'pg';
import { z } from 'zod';
import { countOf } from '../../src/terminal/format.ts';
import type { Ledger } from '../catalog/ledger.ts';
import type { ExpectedArtifact } from '../catalog/soak-catalog.ts';
import { type Check, some } from './check.ts';

const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  downloadCount: z.coerce.number().nullable(),
  absent: z.boolean(),
});

/** The current rows are what the catalog lists: no more, no fewer, and each as the catalog shows it. */
export async function checkRows(pool: pg.Pool, expected: ReadonlyMap<string, ExpectedArtifact>): Promise<Check> {
  const { rows } = await pool.query(`
    SELECT id, name, version, download_count AS "downloadCount", absent_since IS NOT NULL AS absent
    FROM mirror.artifacts WHERE ended_at IS NULL`);
  const current = new Map(rows.map((row) => rowSchema.parse(row)).map((row) => [row.id, row]));
  const problems: string[] = [];
  for (const [id, item] of expected) {
    const row = current.get(id);
    if (row === undefined) problems.push(`${item.name} ${item.version} (${id}) is listed and not in the mirror`);
    else if (row.name !== item.name || row.version !== item.version) {
      problems.push(`${id} is ${item.name} ${item.version} and stands as ${row.name} ${row.version}`);
    } else if (row.downloadCount !== item.downloadCount) {
      problems.push(`${item.name} (${id}) has ${item.downloadCount} downloads and stands with ${row.downloadCount}`);
    } else if (row.absent) problems.push(`${item.name} (${id}) is listed and stands as absent`);
  }
  for (const { id, name, version } of current.values()) {
    if (!expected.has(id)) problems.push(`${name} ${version} (${id}) is not listed and stands as current`);
  }
  return {
    claim: 'the current rows and their counters equal the lists of the catalog',
    lookedAt: countOf(expected.size, 'row'),
    problems: some(problems),
  };
}

const endingSchema = z.object({
  id: z.string(),
  name: z.string(),
  event: z.string(),
  runId: z.coerce.number(),
  startedAt: z.coerce.number(),
  closedAt: z.coerce.number(),
});

/** What was listed as long as a run lasted was not ended by it. */
export async function checkEndings(pool: pg.Pool, ledger: Ledger): Promise<Check> {
  const { rows } = await pool.query(`
    SELECT event.artifact_id AS id, artifact.name, event.event, event.run_id AS "runId",
           extract(epoch FROM run.started_at) * 1000 AS "startedAt",
           extract(epoch FROM trail.closed_at) * 1000 AS "closedAt"
    FROM mirror.artifact_events AS event
    JOIN mirror.artifacts AS artifact ON artifact.id = event.artifact_id
    JOIN mirror.runs AS run ON run.id = event.run_id
    JOIN (SELECT run_id, max(at) AS closed_at FROM soak.run_trail GROUP BY run_id) AS trail ON trail.run_id = run.id
    WHERE event.event IN ('withdrawn', 'superseded', 'absent')
      -- The runs of the first and the last night show another day on their clocks, and the lists stood still.
      AND abs(extract(epoch FROM trail.closed_at - run.started_at)) < 43200`);
  const endings = rows.map((row) => endingSchema.parse(row));
  const problems = endings
    .filter(({ id, startedAt, closedAt }) => ledger.wasListedThroughout(id, startedAt, closedAt))
    .map(({ name, id, event, runId }) => `${name} (${id}) is ${event} by run ${runId}, and was listed throughout`);
  return {
    claim: 'nothing was ended by a run throughout which it was listed',
    lookedAt: countOf(endings.length, 'ending'),
    problems: some(problems),
  };
}
