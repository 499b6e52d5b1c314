import type { FailureClass } from '../catalog/failure.ts';

/** How a run ended (design section 3, "Ends of a run"); `running` while it is not over. */
export const RUN_STATES = ['running', 'certified', 'held', 'inexact', 'partial', 'failed', 'abandoned'] as const;
export type RunState = (typeof RUN_STATES)[number];

export function isRunState(value: unknown): value is RunState {
  return RUN_STATES.some((state) => state === value);
}

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
