import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const optionsSchema = z.object({
  minutes: z.coerce
    .number()
    .positive()
    .max(24 * 60)
    .default(10),
  seed: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
  queue: z.enum(['postgres', 'redis', 'both']).default('both'),
  json: z.boolean().default(false),
  keep: z.string().min(1).optional(),
});

export interface SoakOptions {
  /** How long faults are given, on each queue. */
  readonly minutes: number;
  readonly seed: number;
  readonly queues: readonly ('postgres' | 'redis')[];
  readonly json: boolean;
  /** A folder for the workers' lines; null where nobody wants them. */
  readonly keep: string | null;
}

export const USAGE = `npm run soak -- [--minutes N] [--seed N] [--queue postgres|redis|both] [--json] [--keep FOLDER]
  --minutes  how long faults are given, on each queue; default 10
  --seed     the same seed gives the same faults at the same times; default one by chance
  --queue    default both, one after the other
  --json     one JSON object on stdout, in place of the tables
  --keep     writes what the workers said into this folder, a file for each queue`;

/** @throws Error with a sentence where the arguments are not those of USAGE */
export function readOptions(args: readonly string[]): SoakOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: text, seed: text, queue: text, keep: text, json: { type: 'boolean' } },
  });
  const parsed = optionsSchema.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { minutes, seed, queue, json, keep } = parsed.data;
  return {
    minutes,
    seed: seed ?? randomInt(2 ** 32),
    queues: queue === 'both' ? ['postgres', 'redis'] : [queue],
    json,
    keep: keep ?? null,
  };
}
