import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES, type FailureClass } from '../catalog/failure.ts';
import { LETTER_LEVELS, type LetterLevel } from '../letters/types.ts';

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
}

const letterRowSchema = z
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
    }),
  );

const COLUMNS = `id::text, error_class, error_type, level, organization, kind, run_id::text, page, artifact_id::text,
  status, detail, attempts, occurrences, first_failed_at, last_failed_at, state, resolved_by_run_id::text`;

export interface LetterFilter {
  readonly errorClass?: string;
  readonly organization?: string;
  readonly state?: LetterState;
  readonly limit: number;
}

/** The newest failures first, without their payloads. */
export async function listLetters(db: pg.Pool | pg.PoolClient, filter: LetterFilter): Promise<readonly Letter[]> {
  const { rows } = await db.query(
    `SELECT ${COLUMNS}, NULL AS payload FROM mirror.dead_letters
     WHERE ($1::text IS NULL OR error_class = $1)
       AND ($2::text IS NULL OR organization = $2)
       AND ($3::text IS NULL OR state = $3)
     ORDER BY dead_letters.last_failed_at DESC, dead_letters.id DESC
     LIMIT $4`,
    [filter.errorClass ?? null, filter.organization ?? null, filter.state ?? null, filter.limit],
  );
  return rows.map((row) => letterRowSchema.parse(row));
}

/** One letter with its payload; null where there is none of that id. */
export async function readLetter(db: pg.Pool | pg.PoolClient, letterId: string): Promise<Letter | null> {
  const { rows } = await db.query(`SELECT ${COLUMNS}, payload FROM mirror.dead_letters WHERE id = $1`, [letterId]);
  return rows.map((row) => letterRowSchema.parse(row))[0] ?? null;
}
