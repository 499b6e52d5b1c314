/**
 * The pace that all processes keep which use the same token at the same catalog, in a store that they share
 * (src/queue/pace). No method rejects: a store that cannot be asked fails no run, and the process keeps its own pace.
 */
export interface SharedPace {
  /**
   * Takes the next free slot, `intervalMs` after the one before it, whoever took that.
   *
   * @returns in how many milliseconds it is; null where the store cannot be asked
   */
  takeSlot(intervalMs: number): Promise<number | null>;
  /** The quiet that a 429 asked for, whoever met it; null where the store cannot be asked. */
  quiet(): Promise<SharedQuiet | null>;
  /** Tells all that the catalog asked for quiet for the next `milliseconds`. */
  slowDown(milliseconds: number): Promise<void>;
  /** Tells all that the catalog answered. */
  answered(): Promise<void>;
}

/** A quiet in spans of time, by the store's clock: no two processes' clocks are compared. */
export interface SharedQuiet {
  /** Negative where it is over; -Infinity where there was none. */
  readonly endsInMs: number;
  /** For how long the catalog has been asking for it without answering anybody; 0 where it has answered. */
  readonly lastedMs: number;
}
