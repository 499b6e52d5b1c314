import { z } from 'zod';
import type { CountedDay } from '../../report/daily-rates.ts';

/**
 * What `jsonb_agg` of days comes as, in any order. A day stands there once for each number of days that its rows span: one
 * artifact that came back after a week must not spread over a week what all others had on a day.
 */
export const countedDaysSchema: z.ZodType<readonly CountedDay[]> = z
  .array(z.object({ day: z.iso.date(), downloads: z.number().nullable(), daysCovered: z.number().nullable() }))
  .nullable()
  .transform((days) => days ?? []);
