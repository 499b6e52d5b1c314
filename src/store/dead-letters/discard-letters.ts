import type pg from 'pg';
import { z } from 'zod';
import { inTransaction, withConnection } from '../connection.ts';
import { repeatedly } from '../repeat.ts';
import { LETTER_STATES, type LetterState } from './letter.ts';

/** A letter that is over: who closed it, as far as a run did. */
export interface ClosedLetter {
  readonly id: string;
  readonly state: Exclude<LetterState, 'open'>;
  readonly resolvedByRunId: string | null;
}

/** What became of the letters that were named: those discarded, those closed before, and those that there are not. */
export interface Discarded {
  readonly discarded: readonly string[];
  readonly closed: readonly ClosedLetter[];
  readonly missing: readonly string[];
}

const rowSchema = z.object({
  id: z.string(),
  state: z.enum(LETTER_STATES),
  resolvedByRunId: z.string().nullable(),
});

/**
 * Discards letters for a person's reason, in one transaction: from then on the same failure is a new letter.
 *
 * @param options.at the moment of the decision, by the process's clock
 * @param options.allOrNone where one of them is not open, none is discarded
 * @throws the driver's error where the store failed: nothing was changed
 */
export async function discardLetters(
  pool: pg.Pool,
  letterIds: readonly string[],
  options: { readonly reason: string; readonly at: Date; readonly allOrNone: boolean },
): Promise<Discarded> {
  return withConnection(pool, (client) =>
    repeatedly(() => inTransaction(client, () => discardInTransaction(client, letterIds, options))),
  );
}

async function discardInTransaction(
  client: pg.PoolClient,
  letterIds: readonly string[],
  { reason, at, allOrNone }: { readonly reason: string; readonly at: Date; readonly allOrNone: boolean },
): Promise<Discarded> {
  const { rows } = await client.query(
    `SELECT id::text, state, resolved_by_run_id::text AS "resolvedByRunId"
     FROM mirror.dead_letters WHERE id = ANY ($1::bigint[]) ORDER BY dead_letters.id FOR UPDATE`,
    [letterIds],
  );
  const letters = rows.map((row) => rowSchema.parse(row));
  const known = new Set(letters.map(({ id }) => id));
  const missing = letterIds.filter((id) => !known.has(id));
  const open = letters.filter(({ state }) => state === 'open').map(({ id }) => id);
  const closed = letters.flatMap(({ state, ...letter }) => (state === 'open' ? [] : [{ ...letter, state }]));
  if (allOrNone && open.length < letterIds.length) return { discarded: [], closed, missing };
  await client.query(
    `UPDATE mirror.dead_letters SET state = 'discarded', discard_reason = $2, closed_at = $3
     WHERE id = ANY ($1::bigint[])`,
    [open, reason, at],
  );
  return { discarded: open, closed, missing };
}
