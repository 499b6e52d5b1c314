import type pg from 'pg';
import { z } from 'zod';
import type { RememberedAnswer } from '../../catalog/list-again.ts';
import type { CatalogPage } from '../../catalog/page.ts';
import type { ClaimedRun } from '../claim-run.ts';
import { inTransaction } from '../connection.ts';
import { copyTogether } from '../copy-together.ts';
import { allItems, type OwnerOf, STAGED_ROWS, stagedRows } from '../staged-rows.ts';

/** Reads a list again from the bytes that were kept of it: the catalog's business. */
export type ReadAgain = (list: Buffer, answer: RememberedAnswer) => CatalogPage;

/** So many pages are read and staged together. */
const PAGES_AT_ONCE = 12;

const keptSchema = z.array(
  z.object({
    asked: z.number(),
    kept: z.instanceof(Buffer),
    arrived_at: z.date(),
    summary: z.object({ page: z.number(), limit: z.number(), total: z.number(), hasNext: z.boolean() }),
  }),
);

/**
 * Stages the items of pages whose load is lost, or has to do without them, from the bytes that were kept: as if they had
 * been staged when they arrived. A few at once: between two calls the lease of the run can be renewed.
 *
 * @param asked which pages; null: all that a load has entered
 * @param behind only those that were asked for behind this one
 * @returns the last one that was staged, `done` where there is none left; null where the run was taken over or closed
 *   meanwhile
 */
export async function restageKept(
  client: pg.PoolClient,
  run: ClaimedRun,
  { readAgain, owner }: { readonly readAgain: ReadAgain; readonly owner: OwnerOf },
  asked: readonly number[] | null,
  behind: number,
): Promise<number | 'done' | null> {
  return inTransaction(client, async () => {
    const { rowCount } = await client.query(
      `SELECT set_config('synchronous_commit', 'off', true)
       FROM mirror.runs WHERE id = $1 AND fencing_token = $2 AND state = 'running' FOR SHARE`,
      [run.runId, run.fencingToken],
    );
    if (rowCount === 0) return null;
    const pages = await readKept(client, run.runId, asked, behind);
    const rows = pages.map(({ asked: askedAt, kept, arrived_at: arrivedAt, summary }) => {
      const items = allItems(readAgain(kept, { ...summary, arrivedAt }));
      return stagedRows(run.runId, { asked: askedAt, arrivedAt, items }, owner);
    });
    await copyTogether(client, [{ target: STAGED_ROWS, rows }]);
    await client.query(
      `UPDATE mirror.staged_pages SET settled = '{}', kept = NULL WHERE run_id = $1 AND asked = ANY ($2::integer[])`,
      [run.runId, pages.map((page) => page.asked)],
    );
    const last = pages.at(-1);
    return last === undefined || pages.length < PAGES_AT_ONCE ? 'done' : last.asked;
  });
}

async function readKept(
  client: pg.PoolClient,
  runId: string,
  asked: readonly number[] | null,
  behind: number,
): Promise<z.output<typeof keptSchema>> {
  const { rows } = await client.query(
    `SELECT asked, kept, arrived_at, summary
     FROM mirror.staged_pages
     WHERE run_id = $1 AND asked > $2 AND kept IS NOT NULL AND ($3::integer[] IS NULL OR asked = ANY ($3))
     ORDER BY asked
     LIMIT $4`,
    [runId, behind, asked, PAGES_AT_ONCE],
  );
  return keptSchema.parse(rows);
}
