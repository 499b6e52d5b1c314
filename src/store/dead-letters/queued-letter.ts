import { z } from 'zod';
import { FAILURE_CLASSES } from '../../catalog/failure.ts';
import { LETTER_LEVELS, type LetterJob, type QueuedLetter } from '../../letters/types.ts';

/** The columns of a letter that its job carries. */
export const QUEUED_COLUMNS = `id::text AS "letterId", error_class AS "errorClass", level, organization, kind,
  run_id::text AS "runId", detail`;

export const queuedLetterSchema = z.object({
  letterId: z.string(),
  errorClass: z.enum(FAILURE_CLASSES),
  level: z.enum(LETTER_LEVELS),
  organization: z.string(),
  kind: z.string(),
  runId: z.string().nullable(),
  detail: z.string(),
}) satisfies z.ZodType<QueuedLetter>;

export const letterJobSchema = queuedLetterSchema.pick({
  letterId: true,
  errorClass: true,
}) satisfies z.ZodType<LetterJob>;
