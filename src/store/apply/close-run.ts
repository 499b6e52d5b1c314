import { sql } from 'drizzle-orm';
import type { FailureClass } from '../../catalog/failure.ts';
import type { Proof } from '../../walk/proof.ts';
import type { ClaimedRun } from '../claim-run.ts';
import type { RunFigures, RunState } from '../run.ts';
import { runs } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';

/** What the walk knows of a run that is about to be closed. */
export interface WalkFigures {
  readonly passes: number;
  /** Of this attempt: those of earlier ones stand in the row. */
  readonly requests: number;
  readonly retries: number;
}

/** What the apply wrote. */
export type AppliedFigures = Pick<
  RunFigures,
  'added' | 'changed' | 'counted' | 'superseded' | 'withdrawn' | 'restored' | 'unproved' | 'letters'
>;

export interface RunEnd {
  readonly state: Exclude<RunState, 'running' | 'abandoned'>;
  /** Why it is not certified, in a sentence; null where it is. */
  readonly error: string | null;
  readonly errorClass: FailureClass | null;
}

/**
 * Locks the run's row and checks the fencing token: whoever took the run over meanwhile has another one. From here to
 * the end of the transaction nobody can take it over.
 */
export async function lockRun(tx: Transaction, run: ClaimedRun): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    SELECT id FROM ${runs}
    WHERE id = ${run.runId}::bigint AND fencing_token = ${run.fencingToken}::bigint AND state = 'running'
    FOR UPDATE`);
  return rows.length === 1;
}

/** Closes the run with its figures and its proof. Its staging is to be emptied behind that. */
export async function closeRun(
  tx: Transaction,
  { runId, at }: ApplyContext,
  closing: {
    readonly end: RunEnd;
    /** Null where the list was not read to its end. */
    readonly proof: Proof | null;
    readonly walk: WalkFigures;
    /** How many different artifacts were listed. */
    readonly listed: number;
    readonly applied: AppliedFigures;
  },
): Promise<void> {
  const { end, proof, walk, listed, applied } = closing;
  await tx.execute(sql`
    UPDATE ${runs} AS run
    SET state = ${end.state},
        error = ${end.error},
        error_class = ${end.errorClass},
        proof = ${proof === null ? null : JSON.stringify(proof)}::jsonb,
        finished_at = greatest(${at.toISOString()}::timestamptz, started_at),
        total = (
          SELECT (summary ->> 'total')::bigint FROM mirror.staged_pages
          WHERE run_id = run.id ORDER BY (summary ->> 'arrived')::integer DESC LIMIT 1
        ),
        listed = ${listed},
        (pages, extra_reads) = (
          SELECT count(DISTINCT (pass, page)) FILTER (WHERE pass IS NOT NULL), count(*) FILTER (WHERE pass IS NULL)
          FROM mirror.staged_pages WHERE run_id = run.id
        ),
        passes = ${walk.passes},
        requests = requests + ${walk.requests},
        retries = retries + ${walk.retries},
        added = ${applied.added},
        changed = ${applied.changed},
        counted = ${applied.counted},
        superseded = ${applied.superseded},
        withdrawn = ${applied.withdrawn},
        restored = ${applied.restored},
        unproved = ${applied.unproved},
        letters = ${applied.letters}
    WHERE id = ${runId}::bigint`);
}
