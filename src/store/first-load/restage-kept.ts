import type pg from 'pg';
import { z } from 'zod';
import type { RememberedAnswer } from '../../catalog/list-again.ts';
import type { CatalogPage } from '../../catalog/page.ts';
import type { ClaimedRun } from '../claim-run.ts';
import { inTransaction } from '../connection.ts';
import { copyInto } from '../copy-into.ts';
import { type OwnerOf, STAGED_LINES, stagedLine } from '../staged-line.ts';

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
 * been staged when they arrived.
 *
 * @param asked which pages; null: all that a load has entered
 * @returns false where the run was taken over or closed meanwhile
 */
export async function restageKept(
  client: pg.PoolClient,
  run: ClaimedRun,
  { readAgain, owner }: { readonly readAgain: ReadAgain; readonly owner: OwnerOf },
  asked: readonly number[] | null = null,
): Promise<boolean> {
  for (;;) {
    const restaged = await inTransaction(client, async () => {
      const { rowCount } = await client.query(
        `SELECT set_config('synchronous_commit', 'off', true)
         FROM mirror.runs WHERE id = $1 AND fencing_token = $2 AND state = 'running' FOR SHARE`,
        [run.runId, run.fencingToken],
      );
      if (rowCount === 0) return null;
      return restageSome(client, run.runId, asked, ({ kept, arrived_at: arrivedAt, summary, asked: askedAt }) => {
        const { items, unread } = readAgain(kept, { ...summary, arrivedAt });
        const place = { runId: run.runId, asked: askedAt, arrivedAt: arrivedAt.toISOString() };
        const lines = items.map((item, position) =>
          stagedLine(item, { ...place, position, digest: unread?.sighted[position]?.digest ?? null }, owner),
        );
        return lines.join('');
      });
    });
    if (restaged === null) return false;
    if (restaged < PAGES_AT_ONCE) return true;
  }
}

type Kept = z.output<typeof keptSchema>[number];

async function restageSome(
  client: pg.PoolClient,
  runId: string,
  asked: readonly number[] | null,
  linesOf: (kept: Kept) => string,
): Promise<number> {
  const { rows } = await client.query(
    `SELECT asked, kept, arrived_at, summary
     FROM mirror.staged_pages
     WHERE run_id = $1 AND kept IS NOT NULL AND ($2::integer[] IS NULL OR asked = ANY ($2))
     ORDER BY asked
     LIMIT $3`,
    [runId, asked, PAGES_AT_ONCE],
  );
  const pages = keptSchema.parse(rows);
  if (pages.length === 0) return 0;
  await copyInto(client, STAGED_LINES, pages.map(linesOf));
  await client.query(
    `UPDATE mirror.staged_pages SET settled = '{}', kept = NULL WHERE run_id = $1 AND asked = ANY ($2::integer[])`,
    [runId, pages.map((page) => page.asked)],
  );
  return pages.length;
}
