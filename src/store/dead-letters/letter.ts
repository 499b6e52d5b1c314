import { z } from 'zod';
import { FAILURE_CLASSES, type FailureClass } from '../../catalog/failure.ts';
import { LETTER_LEVELS, type LetterLevel } from '../../letters/types.ts';

export const LETTER_STATES = ['open', 'resolved', 'discarded'] as const;
export type LetterState = (typeof LETTER_STATES)[number];

/** A dead letter, as its row says; `payload` is read only where one letter is shown. */
export interface Letter {
  readonly id: string;
  readonly errorClass: FailureClass;
  readonly errorType: string | null;
  readonly level: LetterLevel;
  readonly organization: string;
  readonly kind: string;
  readonly runId: string | null;
  readonly page: number | null;
  readonly artifactId: string | null;
  readonly status: number | null;
  readonly detail: string;
  readonly payload: string | null;
  readonly attempts: number;
  readonly occurrences: number;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly state: LetterState;
  readonly resolvedByRunId: string | null;
  /** Why a person discarded it. */
  readonly discardReason: string | null;
  readonly closedAt: string | null;
}

/** A row of LETTER_COLUMNS and `payload`. */
export const letterRowSchema = z
  .object({
    id: z.string(),
    error_class: z.enum(FAILURE_CLASSES),
    error_type: z.string().nullable(),
    level: z.enum(LETTER_LEVELS),
    organization: z.string(),
    kind: z.string(),
    run_id: z.string().nullable(),
    page: z.number().nullable(),
    artifact_id: z.string().nullable(),
    status: z.number().nullable(),
    detail: z.string(),
    payload: z.string().nullable(),
    attempts: z.number(),
    occurrences: z.number(),
    first_failed_at: z.date(),
    last_failed_at: z.date(),
    state: z.enum(LETTER_STATES),
    resolved_by_run_id: z.string().nullable(),
    discard_reason: z.string().nullable(),
    closed_at: z.date().nullable(),
  })
  .transform(
    (row): Letter => ({
      id: row.id,
      errorClass: row.error_class,
      errorType: row.error_type,
      level: row.level,
      organization: row.organization,
      kind: row.kind,
      runId: row.run_id,
      page: row.page,
      artifactId: row.artifact_id,
      status: row.status,
      detail: row.detail,
      payload: row.payload,
      attempts: row.attempts,
      occurrences: row.occurrences,
      firstFailedAt: row.first_failed_at.toISOString(),
      lastFailedAt: row.last_failed_at.toISOString(),
      state: row.state,
      resolvedByRunId: row.resolved_by_run_id,
      discardReason: row.discard_reason,
      closedAt: row.closed_at?.toISOString() ?? null,
    }),
  );

/** Every column but the payload, which may be large. */
export const LETTER_COLUMNS = `id::text, error_class, error_type, level, organization, kind, run_id::text, page, artifact_id::text,
  status, detail, attempts, occurrences, first_failed_at, last_failed_at, state, resolved_by_run_id::text,
  discard_reason, closed_at`;
