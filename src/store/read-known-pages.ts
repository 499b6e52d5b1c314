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

/**
 * The lists by which the pages of a listing may be known (src/store/apply/keep-pages.ts), whatever their numbers: of runs
 * with the same scope, since what they say of it holds for no other.
 */
export async function readKnownPages(
  client: pg.PoolClient,
  { kind, organization, includePublic }: Pick<RunIdentity, 'kind' | 'organization' | 'includePublic'>,
): Promise<KnownLists> {
  const { rows } = await client.query(
    `SELECT
       replace(list::text, '-', '') AS list, items, ids, run_id::text,
       to_char(first AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS first,
       to_char(last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS last
     FROM mirror.known_pages AS known
     WHERE kind = $1 AND organization = $2
       AND (SELECT include_public FROM mirror.runs WHERE id = known.run_id) = $3`,
    [kind, organization, includePublic],
  );
  return new Map(rowsSchema.parse(rows).map(({ list, run_id: runId, ...known }) => [list, { ...known, runId }]));
}
