import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { z } from 'zod';
import { type PageSummary, READ_PURPOSES } from '../walk/page-summary.ts';
import { instantSchema } from './instant-schema.ts';
import { listedIds } from './listed.ts';

/** The ledger is stored JSON: another version of the program may have written it. */
const summarySchema: z.ZodType<PageSummary, unknown> = z.object({
  pass: z.number().nullable(),
  purpose: z.enum(READ_PURPOSES),
  page: z.number(),
  asked: z.number(),
  arrived: z.number(),
  limit: z.number(),
  total: z.number(),
  hasNext: z.boolean(),
  items: z.number(),
  nameless: z.number(),
  blind: z.number(),
  first: instantSchema.nullable(),
  last: instantSchema.nullable(),
  ascending: z.boolean(),
  ids: z.string(),
});

/** The answers that this run has staged, in an earlier attempt or in this one, in the order in which they were asked for. */
export async function stagedPages(client: pg.PoolClient, runId: string): Promise<readonly PageSummary[]> {
  const { rows } = await client.query<{ summary: unknown }>(
    'SELECT summary FROM mirror.staged_pages WHERE run_id = $1 ORDER BY asked',
    [runId],
  );
  return rows.map((row) => summarySchema.parse(row.summary));
}

/** How many different ids one reading of the list has staged. */
export async function distinctStagedIds(client: pg.PoolClient, runId: string, pass: number): Promise<number> {
  const { rows } = await drizzle(client).execute<{ count: number }>(
    sql`SELECT count(DISTINCT id)::integer AS count FROM (${listedIds(runId, pass)}) AS listed`,
  );
  return rows[0]?.count ?? 0;
}
