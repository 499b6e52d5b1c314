import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { countByStretch } from './count-by-stretch.ts';
import { listedIds } from './listed.ts';
import { artifacts } from './schema.ts';
import type { Scope } from './scope.ts';

/** What all reads of a run come to, beside what the mirror knows. */
export interface ListedCounts {
  /** Different ids. */
  readonly listed: number;
  /** Times that an id was listed. */
  readonly readings: number;
  /** Items that are staged with their fields and an id. */
  readonly unsettled: number;
  /** Of the different ids those that do not stand in the scope, settled ones perhaps not: no more can be new. */
  readonly outside: number;
  /** Artifacts of the scope that are current. */
  readonly current: number;
  /** Of those the ones that no read listed. */
  readonly unlisted: number;
  /** Artifacts that were settled when they were listed, and that another run has taken over or ended since. */
  readonly lost: number;
}

/** For some 500,000 ids, in bytes; more go through temporary files. */
export const ENOUGH_TO_HASH = 32 * 1024 * 1024;

/**
 * Counts over all that a run has staged, on its own connection outside of a transaction. Grouping by hash takes 0.23 s for
 * 200,000 items; PostgreSQL, which takes them for few, would sort them, in 0.29 s.
 */
export async function countListedByHash(client: pg.PoolClient, runId: string, scope: Scope): Promise<ListedCounts> {
  return drizzle(client).transaction(async (tx) => {
    const counts = await countByStretch(tx, runId, scope);
    if (counts !== null) return counts;
    await tx.execute(sql`
      SELECT set_config('enable_sort', 'off', true),
             set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')), ${ENOUGH_TO_HASH}) / 1024 || 'kB', true)`);
    return countListed(tx, runId, scope);
  });
}

/** The same within a transaction. */
export async function countListed(
  db: Pick<NodePgDatabase, 'execute'>,
  runId: string,
  scope: Scope,
): Promise<ListedCounts> {
  const { rows } = await db.execute<Record<keyof ListedCounts, number>>(sql`
    SELECT
      count(listed.id)::integer AS listed,
      coalesce(sum(listed.readings), 0)::integer AS readings,
      coalesce(sum(listed.unsettled), 0)::integer AS unsettled,
      (count(listed.id) FILTER (WHERE known.is_in_scope IS NOT TRUE))::integer AS outside,
      (count(*) FILTER (WHERE known.is_in_scope))::integer AS current,
      (count(*) FILTER (
        WHERE known.is_in_scope AND listed.id IS NULL AND known.created_at NOT IN (
          SELECT created_at FROM mirror.staged_artifacts
          WHERE run_id = ${runId}::bigint AND id IS NULL AND created_at IS NOT NULL
        )
      ))::integer AS unlisted,
      (count(*) FILTER (WHERE known.id IS NULL AND listed.readings > listed.unsettled))::integer AS lost
    FROM (
      SELECT id, count(*) AS readings, count(*) FILTER (WHERE NOT is_settled) AS unsettled
      FROM (${listedIds(runId)}) AS reading
      GROUP BY id
    ) AS listed
    -- As in unlistedInScope: by hash, whatever the statistics say.
    FULL JOIN (
      SELECT id, created_at, ${scope.includePublic} OR owner = ${scope.organization} AS is_in_scope
      FROM ${artifacts}
      WHERE kind = ${scope.kind} AND mirrored_by = ${scope.organization} AND ended_at IS NULL
    ) AS known ON known.id = listed.id`);
  const [counts] = rows;
  if (counts === undefined) throw new Error('PostgreSQL returned no row for an aggregate');
  return counts;
}
