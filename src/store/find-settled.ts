import type pg from 'pg';
import { arrayText } from './array-text.ts';
import type { GoodItem, StagedItem } from './staged-item.ts';

/**
 * Which of these items stand in the mirror just as they are listed: current, mirrored by the run's organization, with
 * the same digest and the same counter. Nothing is to be done for them but to know that they were listed.
 *
 * The server looks them up by id while the walk reads on. It is asked without a name, so that it plans for the table as it
 * is now: what it had planned while the table was empty would read all of it for every page.
 *
 * @returns the items themselves
 */
export async function findSettled(
  client: pg.PoolClient,
  runId: string,
  items: readonly StagedItem[],
): Promise<ReadonlySet<StagedItem>> {
  const good = items.filter((item): item is GoodItem => item.good);
  if (good.length === 0) return new Set();
  const { rows } = await client.query<{ places: number[] }>(
    `SELECT coalesce(array_agg(listed.place::integer), '{}') AS places
     FROM mirror.runs AS run
     CROSS JOIN unnest($2::uuid[], $3::uuid[], $4::bigint[])
       WITH ORDINALITY AS listed (id, digest, download_count, place)
     JOIN mirror.artifacts AS known
       ON known.id = listed.id AND known.kind = run.kind AND known.mirrored_by = run.organization
       AND known.ended_at IS NULL AND known.absent_since IS NULL
       AND known.digest = listed.digest AND known.download_count = listed.download_count
     WHERE run.id = $1`,
    [
      runId,
      arrayText(good.map(({ id }) => id)),
      arrayText(good.map(({ digest }) => digest)),
      arrayText(good.map(({ downloadCount }) => downloadCount)),
    ],
  );
  const settled = new Set<StagedItem>();
  for (const place of rows[0]?.places ?? []) {
    const item = good[place - 1];
    if (item !== undefined) settled.add(item);
  }
  return settled;
}
