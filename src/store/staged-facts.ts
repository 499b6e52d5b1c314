import type pg from 'pg';
import { z } from 'zod';
import { parseInstant } from '../catalog/timestamp.ts';
import type { PageSummary } from '../walk/page-summary.ts';

const instantSchema = z
  .string()
  .transform((text, context) => {
    const instant = parseInstant(text);
    if (instant === null) context.addIssue({ code: 'custom', message: 'is not a timestamp' });
    return instant;
  })
  .nullable();

/** The ledger is stored JSON: another version of the program may have written it. */
const summarySchema: z.ZodType<PageSummary, unknown> = z.object({
  pass: z.number(),
  page: z.number(),
  order: z.number(),
  limit: z.number(),
  total: z.number(),
  hasNext: z.boolean(),
  items: z.number(),
  nameless: z.number(),
  blind: z.number(),
  first: instantSchema,
  last: instantSchema,
  ascending: z.boolean(),
  ids: z.string(),
});

/** The pages that this run has staged, in an earlier attempt or in this one. */
export async function stagedPages(client: pg.PoolClient, runId: string): Promise<readonly PageSummary[]> {
  const { rows } = await client.query<{ summary: unknown }>(
    'SELECT summary FROM mirror.staged_pages WHERE run_id = $1 ORDER BY pass, page',
    [runId],
  );
  return rows.map((row) => summarySchema.parse(row.summary));
}

/** How many different ids one reading of the list has staged. */
export async function distinctStagedIds(client: pg.PoolClient, runId: string, pass: number): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(DISTINCT id)::integer AS count FROM mirror.staged_artifacts WHERE run_id = $1 AND pass = $2',
    [runId, pass],
  );
  return rows[0]?.count ?? 0;
}
