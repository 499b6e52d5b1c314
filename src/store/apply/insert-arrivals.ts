import { type SQL, sql } from 'drizzle-orm';
import { artifacts, downloadObservations } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';
import { knownIds } from './known.ts';

/**
 * Adds the artifacts that the mirror has never seen, each with its baseline observation. One whose owner is mirrored is
 * left to the owner's own run (design section 2). A bad record is never added.
 *
 * Without ON CONFLICT: it has PostgreSQL insert every row on trial, which takes a sixth longer. One that another run adds
 * at the same moment is a unique violation, which repeats the transaction; by then it is known, and left to that run.
 * Only guests can meet another run, so only they are put in an order that all runs share. In the order of the list, not of
 * the ids: what a page lists then lies side by side, where the next night looks for it.
 *
 * @param listed what the run listed (listedBy)
 * @param areAllNew whether it is known that the mirror knows none of it
 * @returns how many were added
 */
export async function insertArrivals(
  tx: Transaction,
  context: ApplyContext,
  listed: SQL,
  areAllNew: boolean,
): Promise<number> {
  const { runId, scope, mirrored } = context;
  const { rows } = await tx.execute<{ added: number }>(sql`
    WITH known AS MATERIALIZED (${areAllNew ? sql`SELECT NULL::uuid AS id WHERE false` : knownIds(listed)}), added AS (
      INSERT INTO ${artifacts}
        (id, kind, name, owner, mirrored_by, version, framework, is_public, download_count, origin, created_at, extra,
         first_seen_at, changed_at, first_run_id, changed_run_id, run_order, digest)
      SELECT
        id, ${scope.kind}, name, coalesce(owner, ${scope.organization}), ${scope.organization}, version, framework,
        is_public, download_count, origin, created_at, extra, arrived_at, arrived_at, ${runId}::bigint,
        ${runId}::bigint, ${runId}::bigint, digest
      FROM (${listed}) AS listed
      WHERE good
        -- Looked up before the first row is added: a join would go through all that is added, again and again.
        AND id NOT IN (SELECT id FROM known)
        AND (owner IS NULL OR owner = ${scope.organization} OR owner <> ALL (${sql.param(mirrored)}::text[]))
      ${scope.includePublic ? sql`ORDER BY created_at, id` : sql``}
      RETURNING id, first_seen_at, download_count
    ), baseline AS (
      INSERT INTO ${downloadObservations} (artifact_id, observed_at, run_id, download_count)
      SELECT id, first_seen_at, ${runId}::bigint, download_count
      FROM added
      -- In the order of their key: it takes a third less.
      ORDER BY id
    )
    SELECT count(*)::integer AS added FROM added`);
  return rows[0]?.added ?? 0;
}
