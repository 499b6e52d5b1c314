import type { SharedQuiet } from '../../catalog/shared-pace.ts';

/**
 * Where paces are kept, by key. Every moment in it is by its own clock, which all processes share; only spans of time go
 * in and out. A method rejects where the store does not do it within two seconds.
 */
export interface PaceStore {
  /** As in a log: `PostgreSQL`. */
  readonly name: string;
  takeSlot(key: string, intervalMs: number): Promise<number>;
  quiet(key: string): Promise<SharedQuiet>;
  slowDown(key: string, milliseconds: number): Promise<void>;
  answered(key: string): Promise<void>;
  close(): Promise<void>;
}

/** How long a request of the catalog waits for its pace before it goes at the process's own. */
export const ANSWER_WITHIN_MS = 2_000;

export const NO_QUIET: SharedQuiet = { endsInMs: Number.NEGATIVE_INFINITY, lastedMs: 0 };
