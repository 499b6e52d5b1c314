import { sql } from 'drizzle-orm';
import type { FailureClass } from '../../catalog/failure.ts';
import { cutPayload } from '../../catalog/payload.ts';
import { letterIdentity } from '../../letters/identity.ts';
import type { LetterLevel } from '../../letters/types.ts';
import { deadLetters } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';

/** A failure that was given up, as its letter will hold it. */
export interface NewLetter {
  readonly errorClass: FailureClass;
  readonly errorType: string | null;
  readonly level: LetterLevel;
  readonly page: number | null;
  readonly status: number | null;
  readonly detail: string;
  /** What was received; only the first MiB of it is kept (design section 5). */
  readonly payload: string | null;
  /** How often it was tried. */
  readonly attempts: number;
}

/** What happens where the same failure has an open letter already (design section 5). */
const MET_AGAIN = sql.raw(`
  ON CONFLICT (identity) WHERE state = 'open' DO UPDATE
  SET occurrences = dead_letters.occurrences + 1,
      attempts = dead_letters.attempts + excluded.attempts,
      run_id = excluded.run_id,
      page = excluded.page,
      error_type = excluded.error_type,
      status = excluded.status,
      detail = excluded.detail,
      payload = excluded.payload,
      last_failed_at = excluded.last_failed_at`);

/** Files what the run gave up: a new letter each, or one more occurrence of an open one. */
export async function fileLetters(
  tx: Transaction,
  { runId, scope, at }: Pick<ApplyContext, 'runId' | 'scope' | 'at'>,
  letters: readonly NewLetter[],
): Promise<number> {
  for (const letter of letters) {
    const payload = letter.payload === null ? null : cutPayload(letter.payload);
    const identity = letterIdentity({
      errorClass: letter.errorClass,
      level: letter.level,
      organization: scope.organization,
      kind: scope.kind,
      page: letter.page,
      artifactId: null,
      record: null,
    });
    await tx.execute(sql`
      INSERT INTO ${deadLetters} AS dead_letters
        (error_class, error_type, level, organization, kind, run_id, page, status, detail, payload, attempts,
         first_failed_at, last_failed_at, identity)
      VALUES
        (${letter.errorClass}, ${letter.errorType}, ${letter.level}, ${scope.organization}, ${scope.kind},
         ${runId}::bigint, ${letter.page}, ${letter.status}, ${letter.detail}, ${payload}, ${letter.attempts},
         ${at.toISOString()}::timestamptz, ${at.toISOString()}::timestamptz, ${identity})
      ${MET_AGAIN}`);
  }
  return letters.length;
}

/** Files the bad records that the run staged, each once however many reads showed it. */
export async function fileBadRecords(tx: Transaction, context: ApplyContext): Promise<number> {
  const { runId, scope, at } = context;
  const { rows } = await tx.execute<{ filed: number }>(sql`
    WITH filed AS (
      INSERT INTO ${deadLetters} AS dead_letters
        (error_class, level, organization, kind, run_id, page, artifact_id, detail, payload, attempts,
         first_failed_at, last_failed_at, identity)
      SELECT
        'invalid_record', 'record', ${scope.organization}, ${scope.kind}, ${runId}::bigint, page, artifact_id, detail,
        source, 1, ${at.toISOString()}::timestamptz, ${at.toISOString()}::timestamptz, identity
      FROM (
        SELECT DISTINCT ON (identity) *
        FROM mirror.staged_bad_records
        WHERE run_id = ${runId}
        ORDER BY identity, arrived_at DESC, asked DESC, position DESC
      ) AS bad
      ORDER BY identity
      ${MET_AGAIN}
      RETURNING id
    )
    SELECT count(*)::integer AS filed FROM filed`);
  return rows[0]?.filed ?? 0;
}

/** A certified run has covered every open letter of its listing that it did not meet again (design section 6). */
export async function resolveCovered(tx: Transaction, context: ApplyContext): Promise<void> {
  const { runId, scope, at } = context;
  await tx.execute(sql`
    UPDATE ${deadLetters}
    SET state = 'resolved', resolved_by_run_id = ${runId}::bigint, closed_at = ${at.toISOString()}::timestamptz
    WHERE organization = ${scope.organization} AND kind = ${scope.kind} AND state = 'open'
      AND run_id IS DISTINCT FROM ${runId}::bigint`);
}
