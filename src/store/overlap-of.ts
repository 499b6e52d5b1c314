import type pg from 'pg';
import { commonStretch, type Overlap, type Seam } from '../walk/seams.ts';

/**
 * How two answers agree about the stretch that both show: shared ids count on its ends too, those of one answer alone only
 * inside it. Items without an id or a created_at are left out.
 */
export async function overlapOf(client: pg.PoolClient, runId: string, { left, right }: Seam): Promise<Overlap> {
  const stretch = commonStretch(left, right);
  if (stretch === null) return { shared: 0, apart: 0 };
  const { rows } = await client.query<{ shared: number; apart: number }>(
    `SELECT count(*) FILTER (WHERE reads = 2)::integer AS shared,
            count(*) FILTER (WHERE reads = 1 AND is_inside)::integer AS apart
     FROM (
       SELECT count(DISTINCT asked) AS reads, bool_or($4 < created_at AND created_at < $5) AS is_inside
       FROM mirror.staged_artifacts
       WHERE run_id = $1 AND asked IN ($2, $3) AND id IS NOT NULL AND created_at BETWEEN $4 AND $5
       GROUP BY id
     ) AS item`,
    [runId, left.asked, right.asked, stretch.from, stretch.to],
  );
  return rows[0] ?? { shared: 0, apart: 0 };
}
