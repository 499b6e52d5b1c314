import type { StoredRecord } from '../catalog/stored-record.ts';

/**
 * What became of the letter of a single record that was replayed.
 * - `applied`: its text is good now, and was applied by the run `runId`; the letter is resolved.
 * - `overtaken`: the later run `runId` has read the artifact, or proved it absent; the letter is resolved.
 * - `bad`, `cut`, `redacted`: its text cannot be applied; the letter stays open.
 * - `unsure`: the later run `runId`, which is not complete, may have read the artifact; the letter stays open.
 * - `closed`: it was not open any more, or was never a record's of this listing.
 */
export const RECORD_OUTCOMES = ['applied', 'overtaken', 'bad', 'cut', 'redacted', 'unsure', 'closed'] as const;
export type RecordOutcome = (typeof RECORD_OUTCOMES)[number];

export interface RecordReplay {
  readonly letterId: string;
  readonly outcome: RecordOutcome;
  readonly runId: string | null;
  /** Which fields are wrong and why, where the text is still bad. */
  readonly detail: string | null;
}

/** Whether nothing is left to do about a letter that was replayed. */
export function isLetterClosed({ outcome }: RecordReplay): boolean {
  return outcome === 'applied' || outcome === 'overtaken' || outcome === 'closed';
}

/** What is known of what came after the run that met a bad record last. Run ids are bigints, as text. */
export interface AfterRecord {
  readonly runId: string;
  readonly laterCompleteRunId: string | null;
  readonly laterIncompleteRunId: string | null;
  /** The place in run order of the last thing written of its artifact; null where the mirror does not know it. */
  readonly runOrder: string | null;
}

export type RecordDecision = Pick<RecordReplay, 'runId' | 'detail'> & {
  readonly outcome: Exclude<RecordOutcome, 'closed'>;
};

/**
 * Decides what becomes of a bad record's letter (design section 6). Pure. An unchanged artifact leaves no trace of having
 * been read, so that a later run that is not complete leaves it open whether it was; an artifact that the mirror does not
 * know was read by none.
 */
export function decideRecord(stored: StoredRecord, after: AfterRecord): RecordDecision {
  const { runId, runOrder, laterCompleteRunId, laterIncompleteRunId } = after;
  const overtakenBy = runOrder !== null && BigInt(runOrder) > BigInt(runId) ? runOrder : laterCompleteRunId;
  if (overtakenBy !== null) return { outcome: 'overtaken', runId: overtakenBy, detail: null };
  if (stored.status === 'bad') {
    const detail = stored.problems.map(({ field, reason }) => `${field} ${reason}`).join('; ');
    return { outcome: 'bad', runId: null, detail };
  }
  if (stored.status !== 'good') return { outcome: stored.status, runId: null, detail: null };
  if (runOrder !== null && laterIncompleteRunId !== null) {
    return { outcome: 'unsure', runId: laterIncompleteRunId, detail: null };
  }
  return { outcome: 'applied', runId: null, detail: null };
}
