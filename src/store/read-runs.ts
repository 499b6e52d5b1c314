import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES } from '../catalog/failure.ts';
import type { Proof } from '../walk/proof.ts';
import { proofSchema } from './proof-schema.ts';
import { RUN_STATES, RUN_TRIGGERS, type RunSummary, type RunTrigger } from './run.ts';

/** A run as `runs list` and `runs show` tell it. */
export interface RunRecord extends RunSummary {
  readonly trigger: RunTrigger;
  readonly includePublic: boolean;
  readonly timeZone: string;
  readonly pageSize: number;
  /** The held run whose removal a person approved when he asked for this one; null where nobody did. */
  readonly approvedRunId: string | null;
  /** How it came to its verdict; null for runs that did not read the list to its end. */
  readonly proof: Proof | null;
}

const count = z.number();

const runRowSchema = z
  .object({
    id: z.string(),
    organization: z.string(),
    kind: z.string(),
    include_public: z.boolean(),
    trigger: z.enum(RUN_TRIGGERS),
    day: z.string(),
    state: z.enum(RUN_STATES),
    started_at: z.date(),
    finished_at: z.date().nullable(),
    total: z.coerce.number().nullable(),
    listed: count,
    pages: count,
    passes: count,
    extra_reads: count,
    requests: count,
    retries: count,
    added: count,
    changed: count,
    counted: count,
    superseded: count,
    withdrawn: count,
    restored: count,
    unproved: count,
    letters: count,
    error: z.string().nullable(),
    error_class: z.enum(FAILURE_CLASSES).nullable(),
    time_zone: z.string(),
    page_size: z.number(),
    approved_run_id: z.string().nullable(),
    // Of another version of the program, whose proofs may have another shape: the run is told without it.
    proof: proofSchema.nullable().catch(null),
  })
  .transform(
    (row): RunRecord => ({
      runId: row.id,
      organization: row.organization,
      kind: row.kind,
      trigger: row.trigger,
      includePublic: row.include_public,
      state: row.state,
      day: row.day,
      startedAt: row.started_at.toISOString(),
      finishedAt: row.finished_at?.toISOString() ?? null,
      figures: {
        total: row.total,
        listed: row.listed,
        pages: row.pages,
        passes: row.passes,
        extraReads: row.extra_reads,
        requests: row.requests,
        retries: row.retries,
        added: row.added,
        changed: row.changed,
        counted: row.counted,
        superseded: row.superseded,
        withdrawn: row.withdrawn,
        restored: row.restored,
        unproved: row.unproved,
        letters: row.letters,
      },
      error: row.error,
      errorClass: row.error_class,
      timeZone: row.time_zone,
      pageSize: row.page_size,
      approvedRunId: row.approved_run_id,
      proof: row.proof,
    }),
  );

const COLUMNS = `id::text, organization, kind, include_public, trigger, day::text AS day, state, started_at, finished_at,
  total::text, listed, pages, passes, extra_reads, requests, retries, added, changed, counted, superseded, withdrawn,
  restored, unproved, letters, error, error_class, time_zone, page_size, approved_run_id::text,
  proof`;

export interface RunFilter {
  readonly organization?: string;
  readonly kind?: string;
  readonly state?: string;
  readonly limit: number;
}

/** The newest runs first, in run order. */
export async function listRuns(db: pg.Pool | pg.PoolClient, filter: RunFilter): Promise<readonly RunRecord[]> {
  const { rows } = await db.query(
    `SELECT ${COLUMNS} FROM mirror.runs
     WHERE ($1::text IS NULL OR organization = $1)
       AND ($2::text IS NULL OR kind = $2)
       AND ($3::text IS NULL OR state = $3)
     ORDER BY runs.id DESC
     LIMIT $4`,
    [filter.organization ?? null, filter.kind ?? null, filter.state ?? null, filter.limit],
  );
  return rows.map((row) => runRowSchema.parse(row));
}

/** One run; null where there is none of that id. */
export async function readRun(db: pg.Pool | pg.PoolClient, runId: string): Promise<RunRecord | null> {
  const { rows } = await db.query(`SELECT ${COLUMNS} FROM mirror.runs WHERE id = $1`, [runId]);
  return rows.map((row) => runRowSchema.parse(row))[0] ?? null;
}
