import type { Failure } from '../catalog/failure.ts';
import type { RecordReplay } from '../letters/record-replay.ts';
import type { RunSummary, RunTrigger } from '../store/run.ts';

export { RECORD_OUTCOMES, type RecordReplay } from '../letters/record-replay.ts';
export {
  RUN_STATES,
  RUN_TRIGGERS,
  type RunState,
  type RunSummary,
  type RunTrigger,
} from '../store/run.ts';

/** What one attempt of a mirror job asks for. */
export interface MirrorRequest {
  readonly organization: string;
  readonly kind: string;
  readonly trigger: RunTrigger;
  /** The run this job opened in an earlier attempt; null on the first. */
  readonly runId: string | null;
  /**
   * The held run whose absences a person approved when he asked for this: what that run proved absent may be ended where
   * this one proves it again (design section 3, state `held`). A later held run does not change it. Null where nobody
   * approved anything.
   */
  readonly approves: string | null;
  /**
   * Letters of single records of this listing: where there are any, nothing is mirrored, and their stored texts are checked
   * again instead (design section 6).
   */
  readonly records: readonly string[];
  /** After this attempt nobody tries again: what failed for good closes the run. */
  readonly lastAttempt: boolean;
  /** Called as soon as the run exists, so that the job carries its id from then on. */
  readonly onRunOpened: (runId: string) => Promise<void>;
  /** Called after each staged page. `pages` is null until the first page told how many there are. */
  readonly onProgress?: (progress: MirrorProgress) => void;
  /** Aborted when the worker must hand back what it does: the run keeps its staged pages and another attempt goes on. */
  readonly signal: AbortSignal;
}

export interface MirrorProgress {
  readonly organization: string;
  readonly kind: string;
  readonly pagesRead: number;
  readonly pages: number | null;
  readonly listed: number;
}

/**
 * What became of one attempt.
 * - `closed`: the run is over, in this attempt or in an earlier one.
 * - `replayed`: the stored texts of bad records were checked again, and nothing was mirrored.
 * - `busy`: another run of this organization and kind is active; come back after `retryInMs`. Costs no attempt.
 * - `away`: PostgreSQL cannot be reached, and nobody waits for this job; come back after `retryInMs`. Costs no attempt.
 * An attempt that failed and may be tried again rejects with its Failure; the run stays open with what it staged.
 */
export type MirrorOutcome =
  | { readonly status: 'closed'; readonly run: RunSummary }
  | { readonly status: 'replayed'; readonly records: readonly RecordReplay[] }
  | { readonly status: 'busy'; readonly retryInMs: number }
  | { readonly status: 'away'; readonly retryInMs: number; readonly failure: Failure };

export type MirrorOrganization = (request: MirrorRequest) => Promise<MirrorOutcome>;
