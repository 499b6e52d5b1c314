import type pg from 'pg';
import type { Overlap, Seam } from '../walk/seams.ts';

/**
 * How two neighbouring pages agree about the stretch that both show: from the first created_at of the right one to the
 * last of the left one; shared ids count on its ends too, those of one page alone only inside it. Items without an id or
 * a created_at are left out.
 */
export async function overlapOf(client: pg.PoolClient, runId: string, { left, right }: Seam): Promise<Overlap> {
  const { rows } = await client.query<{ shared: number; apart: number }>(
    `SELECT count(*) FILTER (WHERE reads = 2)::integer AS shared,
            count(*) FILTER (WHERE reads = 1 AND is_inside)::integer AS apart
     FROM (
       SELECT count(DISTINCT asked) AS reads, bool_or($4 < created_at AND created_at < $5) AS is_inside
       FROM mirror.staged_artifacts
       WHERE run_id = $1 AND asked IN ($2, $3) AND id IS NOT NULL AND created_at BETWEEN $4 AND $5
       GROUP BY id
     ) AS item`,
    [runId, left.asked, right.asked, right.first, left.last],
  );
  return rows[0] ?? { shared: 0, apart: 0 };
}
