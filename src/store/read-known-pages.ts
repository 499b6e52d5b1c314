import type pg from 'pg';
import { z } from 'zod';
import type { KnownLists } from '../catalog/page.ts';
import type { RunIdentity } from './claim-run.ts';
import { instantSchema } from './instant-schema.ts';

const rowsSchema = z.array(
  z.object({
    list: z.string(),
    items: z.number(),
    first: instantSchema,
    last: instantSchema,
    ids: z.string(),
    run_id: z.string(),
  }),
);

/** The lists by which the pages of a listing may be known (src/store/apply/keep-pages.ts), whatever their numbers. */
export async function readKnownPages(
  client: pg.PoolClient,
  { kind, organization }: Pick<RunIdentity, 'kind' | 'organization'>,
): Promise<KnownLists> {
  const { rows } = await client.query(
    `SELECT
       replace(list::text, '-', '') AS list, items, ids, run_id::text,
       to_char(first AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS first,
       to_char(last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS last
     FROM mirror.known_pages
     WHERE kind = $1 AND organization = $2`,
    [kind, organization],
  );
  return new Map(rowsSchema.parse(rows).map(({ list, run_id: runId, ...known }) => [list, { ...known, runId }]));
}
