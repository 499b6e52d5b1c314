import type pg from 'pg';
import type { Cover } from '../apply/cover.ts';
import type { ClaimedRun, RunIdentity } from '../claim-run.ts';
import { copyInto } from '../copy-into.ts';
import { isArtifactKnown } from '../database-failure.ts';
import { type OwnerOf, RECORD_COLUMNS, recordFields } from '../staged-line.ts';
import { uuidList } from '../uuid-list.ts';
import type { Loadable, RowOf } from './loadable.ts';

const LOADED_ROWS =
  `mirror.artifacts (${RECORD_COLUMNS}, digest, first_seen_at, changed_at, ` +
  'kind, mirrored_by, first_run_id, changed_run_id, run_order, baseline_cover_id, lull_after_cover_id)';

/** Where a load goes back to if PostgreSQL refuses what comes next. */
export const MARK = 'SAVEPOINT load';
/** Said behind what is written, not before what comes next: each word to PostgreSQL is waited for. */
export const MARK_AGAIN = `RELEASE SAVEPOINT load; ${MARK}`;

/** What is written of some pages: all that is kept of them while PostgreSQL is at work. */
export interface LoadRows {
  /** Of each page its artifacts, in COPY's text format. */
  readonly artifacts: readonly string[];
  /** Of all artifacts the ids and the counters, as PostgreSQL takes them for arrays. */
  readonly ids: Buffer;
  readonly counters: string;
  /** Of each page how many artifacts it has, and when it had arrived. */
  readonly counts: readonly number[];
  readonly moments: readonly Date[];
}

/** Makes the rows of new artifacts: what insertArrivals makes of the same items once they are staged. */
export function createRowOf(
  { runId }: ClaimedRun,
  { kind, organization }: RunIdentity,
  { id: coverId }: Cover,
  ownerOf: OwnerOf,
): RowOf {
  const run = `${runId}\t${runId}\t${runId}`;
  // The first covered day is a baseline, and the lull that an artifact is in begins before it.
  const tail = `${kind}\t${organization}\t${run}\t${coverId}\t0\n`;
  return (record, digest, arrivedAt) =>
    `${recordFields(record, ownerOf)}\t${digest}\t${arrivedAt}\t${arrivedAt}\t${tail}`;
}

/** Puts the rows of some pages together, and nothing else of them. */
export function rowsOf(pages: readonly Loadable[]): LoadRows {
  return {
    artifacts: pages.map(({ rows }) => rows),
    ids: uuidList(pages.flatMap(({ ids }) => ids)),
    // As a list the driver would look at each of them by itself.
    counters: `{${pages.flatMap(({ counters }) => counters).join()}}`,
    counts: pages.map(({ ids }) => ids.length),
    moments: pages.map(({ answer }) => answer.arrivedAt),
  };
}

/**
 * Writes artifacts and their baseline observations into the load's transaction, in the order of the list: what a page lists
 * then lies side by side, where the next night looks for it.
 *
 * @returns false where the mirror knows any of these artifacts, or this load has written it before: then none is written
 */
export async function writeRows(client: pg.PoolClient, { runId }: ClaimedRun, rows: LoadRows): Promise<boolean> {
  try {
    await copyInto(client, LOADED_ROWS, rows.artifacts);
  } catch (error) {
    if (!isArtifactKnown(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT load');
    return false;
  }
  await client.query({
    name: 'observe-loaded',
    text: `INSERT INTO mirror.download_observations (artifact_id, observed_at, run_id, download_count)
     SELECT artifact.id, page.arrived_at, $1, artifact.download_count
     FROM (
       SELECT arrived_at, count, sum(count) OVER (ORDER BY number) AS upto
       FROM unnest($4::integer[], $5::timestamptz[]) WITH ORDINALITY AS page (count, arrived_at, number)
     ) AS page
     CROSS JOIN LATERAL unnest(
       ($2::uuid[])[upto - count + 1 : upto], ($3::bigint[])[upto - count + 1 : upto]
     ) AS artifact (id, download_count)
     -- In the order of their key, as in insertArrivals.
     ORDER BY artifact.id`,
    values: [runId, rows.ids, rows.counters, rows.counts, rows.moments],
  });
  await client.query(MARK_AGAIN);
  return true;
}
