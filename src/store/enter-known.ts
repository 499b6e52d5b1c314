import type pg from 'pg';
import type { KnownList } from '../catalog/page.ts';
import type { ClaimedRun } from './claim-run.ts';
import type { Answer } from './enter-answers.ts';
import { ledgerValues } from './ledger-values.ts';

/** An answer whose list is known. */
export interface KnownAnswer extends Answer {
  readonly known: KnownList;
}

/**
 * Enters those answers in the ledger whose items still stand in the mirror just as an earlier run left them: then they are
 * settled, and nothing else is to be done for them.
 *
 * That run said of a page that its items were the artifacts of the scope between the first and the last of them. If there
 * are as many now, and none was written by a later run, they are the same, and as they were: whatever is written of an
 * artifact raises its `run_order`, and what leaves the scope and what comes into it is written.
 *
 * @returns the `asked` of the answers that were entered; null where the run was taken over or closed meanwhile: nothing was
 *   written
 */
export async function enterKnown(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly KnownAnswer[],
): Promise<ReadonlySet<number> | null> {
  const { rows } = await client.query<{ entered: number[] }>({
    // Planned once, in the order of the index, as in enterAnswers.
    name: 'enter-known',
    text: `WITH run AS (
       SELECT id, kind, organization, include_public, set_config('synchronous_commit', 'off', true)
       FROM mirror.runs WHERE id = $1 AND fencing_token = $2 AND state = 'running' FOR SHARE
     ), entered AS (
       INSERT INTO mirror.staged_pages
         (run_id, asked, pass, page, page_limit, arrived_at, covers, summary, settled, standing)
       SELECT run.id, asked, pass, page, page_limit, arrived_at,
              CASE WHEN is_cover THEN tstzrange(after, before, '()') END, summary, found.ids, items
       FROM run
       CROSS JOIN unnest($3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::timestamptz[], $8::boolean[],
                         $9::timestamptz[], $10::timestamptz[], $11::jsonb[], $12::timestamptz[], $13::timestamptz[],
                         $14::integer[], $15::bigint[])
         AS answer (asked, pass, page, page_limit, arrived_at, is_cover, after, before, summary, first, last, items, run_id)
       CROSS JOIN LATERAL (
         SELECT array_agg(id) AS ids, count(*) AS artifacts, count(digest) AS digests, max(run_order) AS run_order
         FROM (
           SELECT id, digest, run_order
           FROM mirror.artifacts
           WHERE kind = run.kind AND mirrored_by = run.organization AND ended_at IS NULL
             AND created_at BETWEEN answer.first AND answer.last
             AND (run.include_public OR owner = run.organization)
           ORDER BY created_at
           -- One more than there may be is enough to tell.
           LIMIT answer.items + 1
         ) AS artifact
       ) AS found
       WHERE found.artifacts = answer.items AND found.digests = answer.items AND found.run_order <= answer.run_id
       RETURNING asked
     )
     SELECT (SELECT coalesce(array_agg(asked), '{}') FROM entered) AS entered
     FROM run`,
    values: [
      ...ledgerValues(run, answers),
      answers.map(({ known }) => known.first),
      answers.map(({ known }) => known.last),
      answers.map(({ known }) => known.items),
      answers.map(({ known }) => known.runId),
    ],
  });
  const [row] = rows;
  return row === undefined ? null : new Set(row.entered);
}
