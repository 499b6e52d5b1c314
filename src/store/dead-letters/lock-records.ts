import type pg from 'pg';
import { z } from 'zod';

/** An open letter of a single record, and what is known of what came after it. */
export interface LockedRecord {
  readonly letterId: string;
  readonly payload: string | null;
  readonly artifactId: string | null;
  /** The run that met it last, "0" where none is known. */
  readonly runId: string;
  /** About when its page arrived: when that run was applied. */
  readonly failedAt: Date;
  /** The last complete run of the listing behind that one; null where there is none. */
  readonly laterCompleteRunId: string | null;
  /** The last run behind that one that read pages and is not complete; null where there is none. */
  readonly laterIncompleteRunId: string | null;
}

const rowSchema = z.object({
  letterId: z.string(),
  payload: z.string().nullable(),
  artifactId: z.string().nullable(),
  runId: z.string(),
  failedAt: z.date(),
  laterCompleteRunId: z.string().nullable(),
  laterIncompleteRunId: z.string().nullable(),
}) satisfies z.ZodType<LockedRecord>;

/**
 * Locks the open letters of single records among these, of one listing, to the end of the transaction. To be asked while
 * the listing is claimed: then no later run of it can come up meanwhile.
 */
export async function lockRecords(
  client: pg.PoolClient,
  listing: { readonly organization: string; readonly kind: string },
  letterIds: readonly string[],
): Promise<readonly LockedRecord[]> {
  const later = (condition: string): string =>
    `(SELECT max(run.id)::text FROM mirror.runs AS run
      WHERE run.organization = letter.organization AND run.kind = letter.kind AND run.id > coalesce(letter.run_id, 0)
        AND ${condition})`;
  const { rows } = await client.query(
    `SELECT id::text AS "letterId", payload, artifact_id::text AS "artifactId", coalesce(run_id, 0)::text AS "runId",
            last_failed_at AS "failedAt",
            ${later("run.state IN ('certified', 'held')")} AS "laterCompleteRunId",
            ${later("run.state IN ('partial', 'inexact') AND run.pages > 0")} AS "laterIncompleteRunId"
     FROM mirror.dead_letters AS letter
     WHERE id = ANY ($1::bigint[]) AND organization = $2 AND kind = $3 AND level = 'record' AND state = 'open'
     ORDER BY letter.id
     FOR UPDATE`,
    [letterIds, listing.organization, listing.kind],
  );
  return rows.map((row) => rowSchema.parse(row));
}

/** For each of these artifacts that the mirror knows, the place in run order of the last thing written of it. */
export async function readRunOrders(
  client: pg.PoolClient,
  artifactIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ id: string; run_order: string }>(
    'SELECT id::text, run_order::text FROM mirror.artifacts WHERE id = ANY ($1::uuid[])',
    [artifactIds],
  );
  return new Map(rows.map((row) => [row.id, row.run_order]));
}
