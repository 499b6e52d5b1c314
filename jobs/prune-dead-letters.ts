import { z } from 'zod';
import type { JobDefinition } from './job.ts';

const payload = z.strictObject({});

export type PrunePayload = z.output<typeof payload>;

const count = z.int().nonnegative();
const result = z.object({ letters: count, findings: count });

type PruneResult = z.output<typeof result>;

/**
 * Deletes the dead letters that were closed long ago, with their jobs, and what as old runs found absent without ending
 * it: once a day, by whichever worker takes it, for as long as that worker's own settings keep them. An attempt that dies half-way has deleted some; the next goes on.
 */
export const pruneDeadLetters: JobDefinition<PrunePayload, PruneResult> = {
  name: 'prune-dead-letters',
  payload,
  result,
  attempts: 3,
  backoffMs: 60_000,
  keepCompleted: { count: 30, age: 30 * 24 * 60 * 60 },
  keepFailed: { count: 30, age: 30 * 24 * 60 * 60 },
};

/** Every day at an hour when most mirrors are done, by no clock of anybody's own. */
export const PRUNE_SCHEDULE = { pattern: '23 5 * * *', tz: 'UTC' } as const;
