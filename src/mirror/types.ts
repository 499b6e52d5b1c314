import type { FailureClass } from '../catalog/failure.ts';

/** How a run ended (design section 3, "Ends of a run"); `running` while it is not over. */
export const RUN_STATES = ['running', 'certified', 'held', 'inexact', 'partial', 'failed', 'abandoned'] as const;
export type RunState = (typeof RUN_STATES)[number];

export const RUN_TRIGGERS = ['schedule', 'manual', 'replay'] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

/** What a run did, as its row in `mirror.runs` says. Counts are of artifacts unless they say otherwise. */
export interface RunFigures {
  /** `total` as the catalog last answered it; null where nothing was read. */
  readonly total: number | null;
  readonly listed: number;
  readonly pages: number;
  readonly passes: number;
  readonly extraReads: number;
  readonly requests: number;
  readonly retries: number;
  readonly added: number;
  readonly changed: number;
  /** New observations. */
  readonly counted: number;
  readonly superseded: number;
  readonly withdrawn: number;
  readonly restored: number;
  readonly unproved: number;
  readonly letters: number;
}

/** One closed (or still open) run, small enough to be a job's return value. */
export interface RunSummary {
  /** `runs.id`, a bigint, as text so that it survives JSON. */
  readonly runId: string;
  readonly organization: string;
  readonly kind: string;
  readonly state: RunState;
  /** YYYY-MM-DD in the organization's time zone. */
  readonly day: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly figures: RunFigures;
  /** Why the run is not certified, in a sentence; null where it is. */
  readonly error: string | null;
  /** The class of the failure that ended it; null where none did. */
  readonly errorClass: FailureClass | null;
}

/** What one attempt of a mirror job asks for. */
export interface MirrorRequest {
  readonly organization: string;
  readonly kind: string;
  readonly trigger: RunTrigger;
  /** The run this job opened in an earlier attempt; null on the first. */
  readonly runId: string | null;
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
  readonly phase: 'walk' | 'certify' | 'apply';
  readonly pagesRead: number;
  readonly pages: number | null;
  readonly listed: number;
}

/**
 * What became of one attempt.
 * - `closed`: the run is over, in this attempt or in an earlier one.
 * - `busy`: another run of this organization and kind is active; come back after `retryInMs`. Costs no attempt.
 * An attempt that failed and may be tried again rejects with its Failure; the run stays open with what it staged.
 */
export type MirrorOutcome =
  | { readonly status: 'closed'; readonly run: RunSummary }
  | { readonly status: 'busy'; readonly retryInMs: number };

export type MirrorOrganization = (request: MirrorRequest) => Promise<MirrorOutcome>;
