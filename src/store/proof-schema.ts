import { z } from 'zod';
import { PROVED_BY, type Proof } from '../walk/proof.ts';
import { instantSchema } from './instant-schema.ts';

/** `runs.proof`: stored JSON, which another version of the program may have written. */
export const proofSchema: z.ZodType<Proof, unknown> = z.object({
  by: z.enum(PROVED_BY).nullable(),
  reason: z.string().nullable(),
  advice: z.string().nullable(),
  totals: z.object({ least: z.number(), most: z.number() }),
  moved: z.boolean(),
  disorder: z.string().nullable(),
  seams: z.object({
    count: z.number(),
    fromTheRight: z.number(),
    readAgain: z.number(),
    covered: z.number(),
    open: z.number(),
  }),
  extraReads: z.object({ absences: z.number(), seams: z.number(), tail: z.number() }),
  unlisted: z.number(),
  unproved: z.number(),
  unprovedPlaces: z.array(instantSchema),
});
