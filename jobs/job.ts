import type { z } from 'zod';

/** One kind of job, as data: what the catalog of jobs (this folder, one file per job) says about each. */
export interface JobDefinition<Payload, Result> {
  readonly name: string;
  /** Checked when a job is added and again when it is read: another version may have added it. */
  readonly payload: z.ZodType<Payload>;
  readonly result: z.ZodType<Result>;
  /** How often it is tried in all, the first time included. */
  readonly attempts: number;
  /** Before try n + 1 it waits at random between 0 and `backoffMs` · 2^(n - 1) milliseconds (full jitter). */
  readonly backoffMs: number;
  /** How many that are over the queue remembers, and for how long. */
  readonly keepCompleted: Keep;
  readonly keepFailed: Keep;
}

interface Keep {
  readonly count: number;
  /** Seconds. */
  readonly age: number;
}
