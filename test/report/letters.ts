import type pg from 'pg';

/** A letter of a hand-made history, as far as reports look at it. */
export interface HistoryLetter {
  /** Null where no run was open. */
  readonly run: number | null;
  readonly errorClass: string;
  readonly errorType?: string;
  readonly level?: 'organization' | 'page' | 'record';
  /** Default `acme`. */
  readonly organization?: string;
  readonly kind?: string;
  readonly occurrences?: number;
  readonly lastFailedAt?: string;
  readonly state?: 'open' | 'resolved' | 'discarded';
}

const SOME_TIME = '2025-01-01T03:00:30Z';

/** Writes letters into mirror.dead_letters, each a failure of its own. */
export async function writeLetters(db: pg.Pool | pg.PoolClient, letters: readonly HistoryLetter[]): Promise<void> {
  const rows = letters.map((letter, index) => ({
    error_class: letter.errorClass,
    error_type: letter.errorType ?? null,
    level: letter.level ?? 'page',
    organization: letter.organization ?? 'acme',
    kind: letter.kind ?? 'models',
    run_id: letter.run,
    detail: 'it failed',
    attempts: letter.occurrences ?? 1,
    occurrences: letter.occurrences ?? 1,
    first_failed_at: letter.lastFailedAt ?? SOME_TIME,
    last_failed_at: letter.lastFailedAt ?? SOME_TIME,
    state: letter.state ?? 'open',
    closed_at: (letter.state ?? 'open') === 'open' ? null : (letter.lastFailedAt ?? SOME_TIME),
    discard_reason: letter.state === 'discarded' ? 'known' : null,
    identity: String(index),
  }));
  const columns = Object.keys(rows[0] ?? {}).join(', ');
  if (columns === '') return;
  await db.query(
    `INSERT INTO mirror.dead_letters (${columns})
     SELECT ${columns} FROM jsonb_populate_recordset(NULL::mirror.dead_letters, $1)`,
    [JSON.stringify(rows)],
  );
}
