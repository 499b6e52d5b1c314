import { z } from 'zod';
import { FAILURE_CLASSES } from '../catalog/failure.ts';
import { LETTER_LEVELS, type LetterJob, type QueuedLetter } from './types.ts';

/** What a letter's job carries, as it comes back from a table or a queue. */
export const queuedLetterSchema = z.strictObject({
  letterId: z.string().regex(/^\d+$/),
  errorClass: z.enum(FAILURE_CLASSES),
  level: z.enum(LETTER_LEVELS),
  organization: z.string(),
  kind: z.string(),
  runId: z.string().nullable(),
  page: z.number().nullable(),
  artifactId: z.string().nullable(),
  status: z.number().nullable(),
  detail: z.string(),
  occurrences: z.number(),
  lastFailedAt: z.iso.datetime(),
}) satisfies z.ZodType<QueuedLetter>;

export const letterJobSchema = queuedLetterSchema.pick({
  letterId: true,
  errorClass: true,
}) satisfies z.ZodType<LetterJob>;
