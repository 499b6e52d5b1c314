import type pg from 'pg';
import { z } from 'zod';
import { RUN_STATES, type RunState } from '../run.ts';

/** What the mirror knows of one organization's listing of one kind. */
export interface KnownListing {
  readonly organization: string;
  readonly kind: string;
  /** Current artifacts that it owns and speaks for. */
  readonly own: number;
  /** Current artifacts of other owners that it speaks for. */
  readonly guests: number;
  /** Artifacts that ended when a person retired it, and that nobody has listed since. */
  readonly outOfScope: number;
  readonly openLetters: number;
  /** In run order; null where it only failed before it had a run. */
  readonly lastRun: { readonly runId: string; readonly state: RunState; readonly day: string } | null;
  /** The day of its last complete run, in run order; null where it never had one. */
  readonly lastCompleteDay: string | null;
}

const listingRowSchema = z
  .object({
    organization: z.string(),
    kind: z.string(),
    own: z.number(),
    guests: z.number(),
    out_of_scope: z.number(),
    open_letters: z.number(),
    run_id: z.string().nullable(),
    state: z.enum(RUN_STATES).nullable(),
    day: z.string().nullable(),
    last_complete_day: z.string().nullable(),
  })
  .transform(
    (row): KnownListing => ({
      organization: row.organization,
      kind: row.kind,
      own: row.own,
      guests: row.guests,
      outOfScope: row.out_of_scope,
      openLetters: row.open_letters,
      lastRun:
        row.run_id === null || row.state === null || row.day === null
          ? null
          : { runId: row.run_id, state: row.state, day: row.day },
      lastCompleteDay: row.last_complete_day,
    }),
  );

/** Every listing that has runs or speaks for an artifact, by organization and kind. Reads each artifact once. */
export async function listOrganizations(db: pg.Pool | pg.PoolClient): Promise<readonly KnownListing[]> {
  const { rows } = await db.query(
    `WITH spoken_for AS (
       SELECT
         kind,
         mirrored_by AS organization,
         count(*) FILTER (WHERE ended_at IS NULL AND owner = mirrored_by)::integer AS own,
         count(*) FILTER (WHERE ended_at IS NULL AND owner <> mirrored_by)::integer AS guests,
         count(*) FILTER (WHERE ending = 'out_of_scope')::integer AS out_of_scope
       FROM mirror.artifacts
       GROUP BY kind, mirrored_by
     ), last_run AS (
       SELECT DISTINCT ON (kind, organization) kind, organization, runs.id::text AS run_id, state, day::text AS day
       FROM mirror.runs
       ORDER BY kind, organization, runs.id DESC
     ), last_complete AS (
       SELECT DISTINCT ON (kind, organization) kind, organization, day::text AS last_complete_day
       FROM mirror.runs
       WHERE state IN ('certified', 'held')
       ORDER BY kind, organization, runs.id DESC
     ), open_letters AS (
       SELECT kind, organization, count(*)::integer AS open_letters
       FROM mirror.dead_letters
       WHERE state = 'open'
       GROUP BY kind, organization
     )
     SELECT
       organization, kind, coalesce(own, 0) AS own, coalesce(guests, 0) AS guests,
       coalesce(out_of_scope, 0) AS out_of_scope, coalesce(open_letters, 0) AS open_letters,
       run_id, state, day, last_complete_day
     FROM spoken_for
     FULL JOIN last_run USING (kind, organization)
     LEFT JOIN last_complete USING (kind, organization)
     LEFT JOIN open_letters USING (kind, organization)
     ORDER BY organization, kind`,
  );
  return rows.map((row) => listingRowSchema.parse(row));
}
