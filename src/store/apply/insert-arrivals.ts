import { sql } from 'drizzle-orm';
import { artifacts, downloadObservations } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';
import { listedBy } from './staged.ts';

/**
 * Adds the artifacts that the mirror has never seen, each with its baseline observation, in id order. One whose owner is
 * mirrored is left to the owner's own run; one that another run adds at the same moment is left to that run (design
 * section 2). A bad record is never added.
 *
 * @returns how many were added
 */
export async function insertArrivals(tx: Transaction, context: ApplyContext): Promise<number> {
  const { runId, scope, mirrored } = context;
  const { rows } = await tx.execute<{ added: number }>(sql`
    WITH arrival AS MATERIALIZED (
      SELECT listed.*
      FROM (${listedBy(runId)}) AS listed
      WHERE listed.good
        AND NOT EXISTS (SELECT FROM ${artifacts} AS known WHERE known.id = listed.id)
        AND (
          listed.owner IS NULL
          OR listed.owner = ${scope.organization}
          OR listed.owner <> ALL (${sql.param(mirrored)}::text[])
        )
    ), added AS (
      INSERT INTO ${artifacts}
        (id, kind, name, owner, mirrored_by, version, framework, is_public, download_count, origin, created_at, extra,
         first_seen_at, changed_at, first_run_id, changed_run_id, run_order)
      SELECT
        id, ${scope.kind}, name, coalesce(owner, ${scope.organization}), ${scope.organization}, version, framework, is_public, download_count, origin,
        created_at, extra, arrived_at, arrived_at, ${runId}::bigint, ${runId}::bigint, ${runId}::bigint
      FROM arrival
      ORDER BY id
      ON CONFLICT (id) DO NOTHING
      RETURNING id, first_seen_at, download_count
    ), baseline AS (
      INSERT INTO ${downloadObservations} (artifact_id, observed_at, run_id, download_count)
      SELECT id, first_seen_at, ${runId}::bigint, download_count
      FROM added
    )
    SELECT count(*)::integer AS added FROM added`);
  return rows[0]?.added ?? 0;
}
