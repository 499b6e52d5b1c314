import { z } from 'zod';
import { FAILURE_CLASSES } from '../src/catalog/failure.ts';
import { RECORD_OUTCOMES, type RecordReplay, RUN_STATES, RUN_TRIGGERS, type RunSummary } from '../src/mirror/types.ts';
import type { JobDefinition } from './job.ts';

const DAY_SECONDS = 24 * 60 * 60;

const payload = z.strictObject({
  organization: z.string().min(1),
  kind: z.string().min(1),
  trigger: z.enum(RUN_TRIGGERS),
  /** The run that an earlier attempt of this job opened; null before. */
  runId: z.string().regex(/^\d+$/).nullable(),
  /** The `sync` that waits for this job; null where nobody does. */
  syncId: z.string().min(1).nullable(),
  /** The held run whose absences a person approved; null where nobody did, and in jobs of versions that had no replay. */
  approves: z.string().regex(/^\d+$/).nullable().default(null),
  /** Letters of single records whose stored texts are to be checked again, in place of mirroring; empty to mirror. */
  records: z.array(z.string().regex(/^\d+$/)).default([]),
});

/** What a mirror job carries. Never a secret: the worker's own settings hold them. */
export type MirrorPayload = z.output<typeof payload>;

const count = z.int().nonnegative();

const run: z.ZodType<RunSummary> = z.object({
  runId: z.string(),
  organization: z.string(),
  kind: z.string(),
  state: z.enum(RUN_STATES),
  day: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  figures: z.object({
    total: count.nullable(),
    listed: count,
    pages: count,
    passes: count,
    extraReads: count,
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
  }),
  error: z.string().nullable(),
  errorClass: z.enum(FAILURE_CLASSES).nullable(),
});

/** What the stored texts of bad records came to. */
export interface RecordsReplayed {
  readonly records: readonly RecordReplay[];
}

const replayed: z.ZodType<RecordsReplayed> = z.object({
  records: z.array(
    z.object({
      letterId: z.string(),
      outcome: z.enum(RECORD_OUTCOMES),
      runId: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
});

/** The run that was closed, or what became of the letters whose texts were checked again. */
export type MirrorResult = RunSummary | RecordsReplayed;

/**
 * Mirrors one organization's listing of one kind: calls MirrorOrganization (src/mirror), which takes the run up where an
 * earlier attempt left it; or checks the stored texts of bad records of that listing again. Its tries and waits are bounded so that a `sync` that is bound to fail says so within two
 * minutes (design section 6).
 */
export const mirrorOrganization: JobDefinition<MirrorPayload, MirrorResult> = {
  name: 'mirror-organization',
  payload,
  result: z.union([run, replayed]),
  attempts: 3,
  backoffMs: 2_000,
  keepCompleted: { count: 1_000, age: 7 * DAY_SECONDS },
  keepFailed: { count: 1_000, age: 30 * DAY_SECONDS },
};
