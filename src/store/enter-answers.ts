import type pg from 'pg';
import type { CatalogPage, SightedItems } from '../catalog/page.ts';
import type { PageSummary } from '../walk/page-summary.ts';
import type { ClaimedRun } from './claim-run.ts';
import { ledgerValues } from './ledger-values.ts';
import { uuidListOf } from './uuid-list.ts';

/** One answer of the catalog and what the walk remembers of it. */
export interface Answer {
  readonly summary: PageSummary;
  readonly answer: CatalogPage;
}

/** What became of an answer. */
export interface Entry {
  readonly isEntered: boolean;
  /**
   * The places on it, from 0 on, of items that do not stand in the mirror just as they are listed; `all` where none does
   * or none was looked for.
   */
  readonly rest: readonly number[] | 'all';
}

const NO_BYTES = Buffer.alloc(0);
const NOTHING: SightedItems = { count: 0, ids: NO_BYTES, digests: NO_BYTES, earliest: null, latest: null };

/** So many times as many artifacts as a page holds are looked at for it: many may share a timestamp. */
const MOST_LOOKED_AT = 4;

/**
 * Enters answers in the ledger of a run, with what they cover, and finds out which of their items stand in the mirror just
 * as they are listed: current, mirrored by the run's organization, with the same digest. Of those the ledger keeps the id,
 * and nothing else is to be done for them.
 *
 * Looked for by place, because what a page lists lies side by side in the index and mostly in the table: 200 items take
 * 0.11 ms so, and 0.3 ms one by one by id, where all is in memory. A digest is all that is sent of an item.
 *
 * @param which `whole`: only answers all of whose items are settled are entered; `all`: every answer is, and the caller
 *   stages the rest of its items in the same transaction
 * @param looksForSettled whether the mirror is asked at all; where not, nothing is settled
 * @returns an entry for each answer, in their order; null where the run was taken over or closed meanwhile: nothing was
 *   written
 */
export async function enterAnswers(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly Answer[],
  which: 'whole' | 'all',
  looksForSettled: boolean,
): Promise<readonly Entry[] | null> {
  const sighted = answers.map(({ answer }) => (looksForSettled ? (answer.unread?.sighted ?? NOTHING) : NOTHING));
  const { rows } = await client.query<{
    asked: number;
    is_entered: boolean;
    any_settled: boolean;
    rest: number[] | null;
  }>({
    // Planned once: planning took longer than the look for a page. The order is that of the index, so that no plan goes
    // through the whole table, though it was made while that was empty.
    name: 'enter-answers',
    // Losing the last staged pages to a crash of the server costs a second reading, which a crash costs anyway.
    text: `WITH run AS (
       SELECT id, kind, organization, set_config('synchronous_commit', 'off', true)
       FROM mirror.runs WHERE id = $1 AND fencing_token = $2 AND state = 'running' FOR SHARE
     ), answer AS MATERIALIZED (
       SELECT run.id AS run_id, answer.*, found.settled, found.rest, found.standing
       FROM run
       CROSS JOIN unnest($3::integer[], $4::integer[], $5::integer[], $6::integer[], $12::integer[], $7::timestamptz[],
                         $8::boolean[], $9::timestamptz[], $10::timestamptz[], $11::jsonb[], $13::timestamptz[],
                         $14::timestamptz[], $15::integer[], $16::integer[], $20::uuid[])
         AS answer (asked, pass, page, page_limit, items, arrived_at, is_cover, after, before, summary, first, last,
                    digests_from, digests_to, list)
       CROSS JOIN LATERAL (
         SELECT
           coalesce(array_agg(known.id) FILTER (WHERE known.digest = listed.digest), '{}') AS settled,
           array_agg(listed.place::integer - 1) FILTER (WHERE known.id IS NULL) AS rest,
           -- More rows than artifacts where a digest is listed twice.
           CASE
             WHEN answer.first IS NOT NULL AND count(known.id) = coalesce(max(known.standing), 0)
                  AND count(known.id) < $18 * answer.items
               THEN count(known.id)
           END AS standing
         FROM (
           SELECT id, CASE WHEN absent_since IS NULL THEN digest END AS digest, count(*) OVER () AS standing
           FROM (
             SELECT id, digest, absent_since
             FROM mirror.artifacts
             WHERE kind = run.kind AND mirrored_by = run.organization AND ended_at IS NULL
               AND created_at BETWEEN answer.first AND answer.last
             ORDER BY created_at
             LIMIT $18 * answer.items
           ) AS artifact
         ) AS known
         -- A full join has no plan that compares each with each, which an inner one has where few artifacts are expected.
         FULL JOIN unnest(($17::uuid[])[answer.digests_from : answer.digests_to]) WITH ORDINALITY AS listed (digest, place)
           ON listed.digest = known.digest
       ) AS found
     ), entered AS (
       INSERT INTO mirror.staged_pages (run_id, asked, pass, page, page_limit, arrived_at, covers, summary, settled,
                                        standing, list)
       SELECT run_id, asked, pass, page, page_limit, arrived_at, CASE WHEN is_cover THEN tstzrange(after, before, '()') END,
              summary, settled, standing, list
       FROM answer
       WHERE $19 OR cardinality(settled) = items
       RETURNING asked
     )
     SELECT asked, asked IN (SELECT asked FROM entered) AS is_entered, cardinality(settled) > 0 AS any_settled, rest
     FROM answer`,
    values: [
      ...ledgerValues(run, answers),
      answers.map(({ summary }) => summary.items),
      // A server that does not sort may list them in any order.
      sighted.map(({ earliest }) => earliest),
      sighted.map(({ latest }) => latest),
      sighted.map((_, index) => countBefore(sighted, index) + 1),
      sighted.map((_, index) => countBefore(sighted, index + 1)),
      uuidListOf(Buffer.concat(sighted.map(({ digests }) => digests))),
      MOST_LOOKED_AT,
      which === 'all',
      answers.map(({ summary, answer }) => (summary.pass === null ? null : (answer.unread?.list ?? null))),
    ],
  });
  if (rows.length === 0) return null;
  const byAsked = new Map(rows.map((row) => [row.asked, row]));
  return answers.map(({ summary }) => {
    const row = byAsked.get(summary.asked);
    return { isEntered: row?.is_entered ?? false, rest: row?.any_settled ? (row.rest ?? []) : 'all' };
  });
}

function countBefore(sighted: readonly SightedItems[], index: number): number {
  return sighted.slice(0, index).reduce((sum, { count }) => sum + count, 0);
}
