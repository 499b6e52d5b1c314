import { z } from 'zod';
import type { JobDefinition } from './job.ts';

const payload = z.strictObject({});

/**
 * A `sync` or a `dead-letters replay` that is under way: its job's id is that of the queue that it has for itself. Nobody
 * works it: it waits as long as the command lives, so that the queue of one that was killed can be found and removed.
 */
export const sync: JobDefinition<z.output<typeof payload>, null> = {
  name: 'sync',
  payload,
  result: z.null(),
  attempts: 1,
  backoffMs: 0,
  keepCompleted: { count: 0, age: 0 },
  keepFailed: { count: 0, age: 0 },
};
