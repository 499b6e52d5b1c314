import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { z } from 'zod';
import { takeTurn } from '../apply/take-turn.ts';

export interface EndedListing {
  readonly kind: string;
  /** Artifacts that the organization owned. */
  readonly own: number;
  /** Artifacts of other owners. */
  readonly guests: number;
}

const endedSchema = z.tuple([z.object({ own: z.number(), guests: z.number() })]);

/**
 * Ends every current artifact of one kind that an organization speaks for, as `out_of_scope`, each with its event. Rows
 * are locked in id order, as an apply locks them; one that its owner takes over meanwhile is left alone.
 *
 * The event stands behind every run of the organization, whose days keep their rows, and before the first run that is
 * under way by then, else before the next one: its `run_order`.
 *
 * @param client in the transaction that holds the organization's claim
 * @param options.claimId the id of that claim: greater than that of any run there is
 * @param options.at the moment of the decision, by the process's clock
 * @param options.day YYYY-MM-DD, the day of the decision
 */
export async function endListing(
  client: pg.PoolClient,
  options: {
    readonly organization: string;
    readonly kind: string;
    readonly claimId: string;
    readonly at: Date;
    readonly day: string;
  },
): Promise<EndedListing> {
  const { organization, kind, claimId, at, day } = options;
  // One statement locks all that it writes: owners who mirror their own need not wait for it.
  await takeTurn(drizzle(client), { kind, includePublic: false });
  const { rows } = await client.query(
    `WITH place AS (
       SELECT coalesce(min(id), $3::bigint) AS run_order
       FROM mirror.runs
       WHERE kind = $2 AND state = 'running' AND id < $3::bigint
         AND id > (
           SELECT coalesce(max(id), 0) FROM mirror.runs
           WHERE organization = $1 AND kind = $2 AND id < $3::bigint
         )
     ), current AS MATERIALIZED (
       SELECT id
       FROM mirror.artifacts
       WHERE mirrored_by = $1 AND kind = $2 AND ended_at IS NULL
       ORDER BY id
       FOR UPDATE
     ), ended AS (
       UPDATE mirror.artifacts AS artifact
       SET ended_at = $4::timestamptz,
           ending = 'out_of_scope',
           absent_since = NULL,
           changed_at = $4::timestamptz,
           changed_run_id = NULL,
           lull_after_cover_id = NULL,
           run_order = place.run_order
       FROM current
       CROSS JOIN place
       WHERE artifact.id = current.id
       RETURNING artifact.id, artifact.owner = artifact.mirrored_by AS is_own
     ), events AS (
       INSERT INTO mirror.artifact_events (artifact_id, run_id, at, day, event, run_order)
       SELECT ended.id, NULL, $4::timestamptz, $5::date, 'out_of_scope', place.run_order
       FROM ended
       CROSS JOIN place
       ORDER BY ended.id
     ), lulls AS (
       -- Its days keep their rows: up to the last one that it covers.
       INSERT INTO mirror.daily_lulls
         (artifact_id, kind, organization, guests, after_cover_id, before_cover_id, download_count)
       SELECT
         artifact.id, $2, $1, last.guests, artifact.lull_after_cover_id, last.id + 1,
         mirror.count_of_lull(artifact.id, artifact.download_count, last.run_id)
       FROM ended
       JOIN mirror.artifacts AS artifact ON artifact.id = ended.id
       JOIN (
         SELECT DISTINCT ON (guests) guests, id, run_id FROM mirror.covers
         WHERE kind = $2 AND organization = $1 ORDER BY guests, id DESC
       ) AS last ON last.guests = (artifact.owner <> artifact.mirrored_by)
       WHERE artifact.lull_after_cover_id <= last.id
     ), stale AS (
       DELETE FROM mirror.daily_stale AS stale USING ended WHERE stale.artifact_id = ended.id
     )
     SELECT
       count(*) FILTER (WHERE is_own)::integer AS own,
       count(*) FILTER (WHERE NOT is_own)::integer AS guests
     FROM ended`,
    [organization, kind, claimId, at, day],
  );
  const [ended] = endedSchema.parse(rows);
  return { kind, ...ended };
}
