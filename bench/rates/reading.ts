import { z } from 'zod';

/** What one process of the benchmark is to read, and by what pace. */
export const readingSchema = z.object({
  by: z.enum(['shared', 'flexible']),
  url: z.string(),
  perSecond: z.number(),
  location: z.discriminatedUnion('store', [
    z.object({ store: z.literal('postgres'), databaseUrl: z.string() }),
    z.object({ store: z.literal('redis'), redisUrl: z.string() }),
  ]),
  /** Whose list it reads: tells its requests from those of the others. */
  organization: z.string(),
});

export type Reading = z.output<typeof readingSchema>;
