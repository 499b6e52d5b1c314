import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { commonStretch, type Overlap, type Seam } from '../walk/seams.ts';
import { listedItems } from './listed.ts';

/**
 * How two answers agree about the stretch that both show: shared ids count on its ends too, those of one answer alone only
 * inside it. Items without an id or a created_at are left out.
 */
export async function overlapOf(client: pg.PoolClient, runId: string, { left, right }: Seam): Promise<Overlap> {
  const stretch = commonStretch(left, right);
  if (stretch === null) return { shared: 0, apart: 0 };
  const { rows } = await drizzle(client).execute<{ shared: number; apart: number }>(sql`
    SELECT count(*) FILTER (WHERE reads = 2)::integer AS shared,
           count(*) FILTER (WHERE reads = 1 AND is_inside)::integer AS apart
    FROM (
      SELECT count(DISTINCT asked) AS reads,
             bool_or(${stretch.from}::timestamptz < created_at AND created_at < ${stretch.to}::timestamptz) AS is_inside
      FROM (${listedItems(runId)}) AS listed
      WHERE asked IN (${left.asked}, ${right.asked}) AND id IS NOT NULL
        AND created_at BETWEEN ${stretch.from}::timestamptz AND ${stretch.to}::timestamptz
      GROUP BY id
    ) AS item`);
  return rows[0] ?? { shared: 0, apart: 0 };
}
