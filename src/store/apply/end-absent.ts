import { type SQL, sql } from 'drizzle-orm';
import { LONGEST_PAYLOAD_BYTES } from '../../catalog/payload.ts';
import { artifactEvents, artifacts } from '../schema.ts';
import { isInScope } from '../scope.ts';
import type { ApplyContext, Transaction } from './context.ts';
import type { Covers } from './cover.ts';
import { endLulls } from './daily.ts';

export interface Absences {
  readonly superseded: number;
  readonly withdrawn: number;
}

/** An id in JSON: 36 characters, two quotes and a comma. */
const BYTES_OF_AN_ID = 39;

/** How many artifacts were current in the scope before the run: what its removals are measured against. */
export async function countCurrent(tx: Transaction, context: ApplyContext): Promise<number> {
  const { scope } = context;
  const { rows } = await tx.execute<{ count: number }>(sql`
    SELECT count(*)::integer AS count
    FROM ${artifacts} AS artifact
    WHERE ${isInScope(scope)}`);
  return rows[0]?.count ?? 0;
}

/**
 * What the run would end of what findAbsences found: nothing is written.
 *
 * @returns `approved`: how many of the withdrawn a person has approved
 */
export async function countAbsences(
  tx: Transaction,
  context: ApplyContext,
): Promise<Absences & { readonly approved: number }> {
  const { rows } = await tx.execute<{ superseded: number; withdrawn: number; approved: number }>(sql`
    SELECT
      count(*) FILTER (WHERE replaced)::integer AS superseded,
      count(*) FILTER (WHERE NOT replaced)::integer AS withdrawn,
      count(*) FILTER (WHERE NOT replaced AND approved.artifact_id IS NOT NULL)::integer AS approved
    FROM (${absent(context)}) AS absent
    LEFT JOIN mirror.run_absences AS approved
      ON approved.run_id = ${context.approvedRunId}::bigint AND approved.artifact_id = absent.id
      AND approved.finding = 'absent'`);
  return rows[0] ?? { superseded: 0, withdrawn: 0, approved: 0 };
}

/**
 * Ends what findAbsences found `absent`, and nothing else: `superseded` where another version of the same name is
 * listed, else `withdrawn`.
 */
export async function endAbsent(tx: Transaction, context: ApplyContext, covers: Covers | null): Promise<Absences> {
  const { runId, at, day } = context;
  const moment = at.toISOString();
  const { rows } = await tx.execute<{ superseded: number; withdrawn: number }>(sql`
    WITH absent AS MATERIALIZED (${absent(context)}), ended AS (
      UPDATE ${artifacts} AS artifact
      SET ended_at = ${moment}::timestamptz,
          ending = CASE WHEN absent.replaced THEN 'superseded' ELSE 'withdrawn' END,
          absent_since = NULL,
          lull_after_cover_id = NULL,
          changed_at = ${moment}::timestamptz,
          changed_run_id = ${runId}::bigint,
          run_order = ${runId}::bigint
      FROM absent
      WHERE artifact.id = absent.id
      RETURNING artifact.id, artifact.ending
    ), events AS (
      INSERT INTO ${artifactEvents} (artifact_id, run_id, at, day, event, run_order)
      SELECT id, ${runId}::bigint, ${moment}::timestamptz, ${day}::date, ending, ${runId}::bigint
      FROM ended
      ORDER BY id
    )${covers === null ? sql`` : sql`, ${endLulls(context, covers, sql`ended`)}`}
    SELECT
      count(*) FILTER (WHERE ending = 'superseded')::integer AS superseded,
      count(*) FILTER (WHERE ending = 'withdrawn')::integer AS withdrawn
    FROM ended`);
  return rows[0] ?? { superseded: 0, withdrawn: 0 };
}

/**
 * Where a person must approve a removal first, what findAbsences found `absent` is only marked: `absent_since`, an event
 * `absent` for those marked now, and from then on no daily rows.
 */
export async function markAbsent(tx: Transaction, context: ApplyContext, covers: Covers | null): Promise<void> {
  const { runId, at, day } = context;
  const moment = at.toISOString();
  await tx.execute(sql`
    WITH marked AS (
      UPDATE ${artifacts} AS artifact
      SET absent_since = ${moment}::timestamptz,
          lull_after_cover_id = NULL,
          changed_at = ${moment}::timestamptz,
          changed_run_id = ${runId}::bigint,
          run_order = ${runId}::bigint
      FROM mirror.run_absences AS absence
      WHERE absence.run_id = ${runId}::bigint AND absence.finding = 'absent'
        AND artifact.id = absence.artifact_id AND artifact.absent_since IS NULL
      RETURNING artifact.id
    )${covers === null ? sql`` : sql`, ${endLulls(context, covers, sql`marked`)}`}
    INSERT INTO ${artifactEvents} (artifact_id, run_id, at, day, event, run_order)
    SELECT id, ${runId}::bigint, ${moment}::timestamptz, ${day}::date, 'absent', ${runId}::bigint
    FROM marked
    ORDER BY id`);
}

/** The ids of what the run found absent, as many as fit into a letter's payload, in order: `run_absences` has them all. */
export async function absentIdsForLetter(tx: Transaction, context: ApplyContext): Promise<readonly string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    SELECT artifact_id::text AS id FROM mirror.run_absences
    WHERE run_id = ${context.runId}::bigint AND finding = 'absent'
    ORDER BY artifact_id
    LIMIT ${Math.ceil(LONGEST_PAYLOAD_BYTES / BYTES_OF_AN_ID)}`);
  return rows.map((row) => row.id);
}

/**
 * What findAbsences found absent, and whether another version of its name is listed. A bad record counts as listed under
 * the name that its artifact is known by (design section 3), and so does what was settled.
 *
 * Grouped by name, and by id, in one pass over both sides: neither has an index in the staging, and a join that PostgreSQL
 * plans without statistics might go through all of one side for each row of the other.
 */
function absent(context: ApplyContext): SQL {
  const { runId, scope } = context;
  return sql`
    WITH gone AS MATERIALIZED (
      SELECT artifact.name, artifact.id
      FROM mirror.run_absences AS absence
      JOIN ${artifacts} AS artifact ON artifact.id = absence.artifact_id
      WHERE absence.run_id = ${runId}::bigint AND absence.finding = 'absent'
    )
    SELECT unnest(gone) AS id, replaced
    FROM (
      SELECT array_agg(id) FILTER (WHERE id IS NOT NULL) AS gone, bool_or(id IS NULL) AS replaced
      FROM (
        SELECT name, id FROM gone
        UNION ALL
        SELECT name, NULL FROM mirror.staged_artifacts WHERE run_id = ${runId}::bigint AND good
        UNION ALL
        SELECT artifact.name, NULL
        FROM mirror.staged_bad_records AS bad
        JOIN ${artifacts} AS artifact ON artifact.id = bad.artifact_id AND artifact.kind = ${scope.kind}
        WHERE bad.run_id = ${runId}::bigint
        UNION ALL
        SELECT max(name), NULL
        FROM (
          -- IS TRUE keeps it a look into a table of hashes: no join, which might go through all of gone for each row.
          SELECT artifact.id, artifact.name FROM ${artifacts} AS artifact
          WHERE artifact.kind = ${scope.kind} AND artifact.mirrored_by = ${scope.organization}
            AND artifact.ended_at IS NULL AND (artifact.name IN (SELECT name FROM gone)) IS TRUE
          UNION ALL
          SELECT unnest(settled), NULL FROM mirror.staged_pages WHERE run_id = ${runId}::bigint
        ) AS version
        GROUP BY id
        HAVING count(name) > 0 AND count(*) > count(name)
      ) AS version
      GROUP BY name
    ) AS model
    WHERE gone IS NOT NULL`;
}
