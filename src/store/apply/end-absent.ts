import { type SQL, sql } from 'drizzle-orm';
import { artifactEvents, artifacts } from '../schema.ts';
import { unlistedInScope } from '../scope.ts';
import type { ApplyContext, Transaction } from './context.ts';

export interface Absences {
  readonly superseded: number;
  readonly withdrawn: number;
}

/** How many artifacts were current in the scope before the run: what its removals are measured against. */
export async function countCurrent(tx: Transaction, context: ApplyContext): Promise<number> {
  const { scope } = context;
  const { rows } = await tx.execute<{ count: number }>(sql`
    SELECT count(*)::integer AS count
    FROM ${artifacts}
    WHERE kind = ${scope.kind} AND mirrored_by = ${scope.organization} AND ended_at IS NULL
      AND (${scope.includePublic} OR owner = ${scope.organization})`);
  return rows[0]?.count ?? 0;
}

/** What the run would end, where its proof allows it: nothing is written. */
export async function countAbsences(tx: Transaction, context: ApplyContext): Promise<Absences> {
  const { rows } = await tx.execute<{ superseded: number; withdrawn: number }>(sql`
    SELECT
      count(*) FILTER (WHERE replaced)::integer AS superseded,
      count(*) FILTER (WHERE NOT replaced)::integer AS withdrawn
    FROM (${absent(context)}) AS absent`);
  return rows[0] ?? { superseded: 0, withdrawn: 0 };
}

/**
 * Ends the artifacts of the scope that were not listed: `superseded` where another version of the same name is listed,
 * else `withdrawn`. Only a complete run may call it. Rows that another organization took over meanwhile are left alone:
 * the statement finds them no longer mirrored by its own.
 */
export async function endAbsent(tx: Transaction, context: ApplyContext): Promise<Absences> {
  const { runId, at, day } = context;
  const moment = at.toISOString();
  const { rows } = await tx.execute<{ superseded: number; withdrawn: number }>(sql`
    WITH absent AS MATERIALIZED (${absent(context)} ORDER BY artifact.id FOR UPDATE OF artifact), ended AS (
      UPDATE ${artifacts} AS artifact
      SET ended_at = ${moment}::timestamptz,
          ending = CASE WHEN absent.replaced THEN 'superseded' ELSE 'withdrawn' END,
          absent_since = NULL,
          changed_at = ${moment}::timestamptz,
          changed_run_id = ${runId}::bigint
      FROM absent
      WHERE artifact.id = absent.id
      RETURNING artifact.id, artifact.ending
    ), events AS (
      INSERT INTO ${artifactEvents} (artifact_id, run_id, at, day, event, run_order)
      SELECT id, ${runId}::bigint, ${moment}::timestamptz, ${day}::date, ending, ${runId}::bigint
      FROM ended
      ORDER BY id
    )
    SELECT
      count(*) FILTER (WHERE ending = 'superseded')::integer AS superseded,
      count(*) FILTER (WHERE ending = 'withdrawn')::integer AS withdrawn
    FROM ended`);
  return rows[0] ?? { superseded: 0, withdrawn: 0 };
}

/**
 * Where a person must approve a removal first, what is proved absent is only marked: `absent_since`, an event `absent`
 * for those marked now, and from then on no daily rows.
 *
 * @returns the ids of all that this run proved absent, marked now or before
 */
export async function markAbsent(tx: Transaction, context: ApplyContext): Promise<readonly string[]> {
  const { runId, at, day } = context;
  const moment = at.toISOString();
  const { rows } = await tx.execute<{ id: string }>(sql`
    WITH absent AS MATERIALIZED (${absent(context)} ORDER BY artifact.id FOR UPDATE OF artifact), marked AS (
      UPDATE ${artifacts} AS artifact
      SET absent_since = ${moment}::timestamptz, changed_at = ${moment}::timestamptz, changed_run_id = ${runId}::bigint
      FROM absent
      WHERE artifact.id = absent.id AND artifact.absent_since IS NULL
      RETURNING artifact.id
    ), events AS (
      INSERT INTO ${artifactEvents} (artifact_id, run_id, at, day, event, run_order)
      SELECT id, ${runId}::bigint, ${moment}::timestamptz, ${day}::date, 'absent', ${runId}::bigint
      FROM marked
      ORDER BY id
    )
    SELECT id::text FROM absent ORDER BY id`);
  return rows.map((row) => row.id);
}

/**
 * The artifacts of the scope that this run did not list, and whether another version of their name is listed. A bad
 * record counts as listed under the name that its artifact is known by (design section 3).
 */
function absent(context: ApplyContext): SQL {
  const { runId, scope } = context;
  return sql`
    SELECT
      artifact.id,
      EXISTS (
        SELECT FROM mirror.staged_artifacts AS version
        WHERE version.run_id = ${runId} AND version.good AND version.name = artifact.name
      ) OR EXISTS (
        SELECT FROM mirror.staged_bad_records AS bad
        JOIN ${artifacts} AS version ON version.id = bad.artifact_id AND version.kind = ${scope.kind}
        WHERE bad.run_id = ${runId} AND version.name = artifact.name
      ) AS replaced
    ${unlistedInScope(runId, scope)}`;
}
