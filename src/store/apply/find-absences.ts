import { type SQL, sql } from 'drizzle-orm';
import { coveringPages } from '../covering-pages.ts';
import { artifacts } from '../schema.ts';
import { isInScope, unlistedInScope } from '../scope.ts';
import type { ApplyContext, Transaction } from './context.ts';

/**
 * What proves the absences of a complete run: a page each (`witnesses`), or the whole list, which one read or two passes
 * prove (`list`).
 */
export type AbsenceProof = 'witnesses' | 'list';

/** How many artifacts of the scope were not listed, by what the run found of them. */
export interface Findings {
  readonly absent: number;
  readonly unproved: number;
}

/** Of a run that is not complete, so many artifacts are kept by name for each finding; its row has the figures. */
const KEPT_OF_INCOMPLETE = 1_000;

/**
 * Writes into `run_absences` what a complete run found of each artifact of its scope that it did not list. Where pages
 * are the witnesses, what no page of this run covers is `unproved`, whatever the caller holds for proved: nothing else
 * stands between an item that slipped over a seam and its end (design section 9, invariant 1). From here on the rows are
 * locked: nobody takes them over before the end of the transaction.
 */
export async function findAbsences(tx: Transaction, context: ApplyContext, provedBy: AbsenceProof): Promise<Findings> {
  const { runId, scope } = context;
  const { rows } = await tx.execute<{ absent: number; unproved: number }>(sql`
    WITH missing AS MATERIALIZED (${unlistedInScope(runId, scope)}), unlisted AS MATERIALIZED (
      -- Looked up by id, one by one: as a join PostgreSQL may plan it for two tables of one row each.
      SELECT artifact.id, artifact.created_at
      FROM (SELECT id FROM missing ORDER BY id) AS missing
      CROSS JOIN LATERAL (SELECT * FROM ${artifacts} AS known WHERE known.id = missing.id OFFSET 0 FOR UPDATE) AS artifact
      WHERE ${isInScope(scope)}
    ), found AS (
      INSERT INTO mirror.run_absences (run_id, artifact_id, finding, witness_page, witness_limit, witnessed_at)
      SELECT
        ${runId}::bigint, unlisted.id,
        CASE WHEN witness.page IS NOT NULL OR ${provedBy === 'list'} THEN 'absent' ELSE 'unproved' END,
        witness.page, witness.page_limit, witness.arrived_at
      FROM unlisted
      LEFT JOIN LATERAL (${witnessOf(runId)}) AS witness ON ${provedBy === 'witnesses'}
      RETURNING finding
    )
    SELECT
      count(*) FILTER (WHERE finding = 'absent')::integer AS absent,
      count(*) FILTER (WHERE finding = 'unproved')::integer AS unproved
    FROM found`);
  return rows[0] ?? { absent: 0, unproved: 0 };
}

/**
 * Writes into `run_absences` what a run that is not complete found all the same: for whoever asks why. Only where its
 * pages may be witnesses; nothing is ended by it.
 */
export async function keepFindings(tx: Transaction, context: ApplyContext): Promise<void> {
  const { runId, scope } = context;
  await tx.execute(sql`
    WITH covered AS MATERIALIZED (
      SELECT range_agg(covers) AS places FROM mirror.staged_pages WHERE run_id = ${runId}::bigint
    ), unlisted AS MATERIALIZED (
      SELECT id, created_at, is_covered
      FROM (
        SELECT *, row_number() OVER (PARTITION BY is_covered ORDER BY created_at, id) AS place
        FROM (
          SELECT id, created_at, coalesce(created_at <@ (SELECT places FROM covered), false) AS is_covered
          FROM (${unlistedInScope(runId, scope)}) AS missing
        ) AS artifact
      ) AS ranked
      WHERE place <= ${KEPT_OF_INCOMPLETE}
    )
    INSERT INTO mirror.run_absences (run_id, artifact_id, finding, witness_page, witness_limit, witnessed_at)
    SELECT
      ${runId}::bigint, unlisted.id, CASE WHEN is_covered THEN 'absent' ELSE 'unproved' END,
      witness.page, witness.page_limit, witness.arrived_at
    FROM unlisted
    LEFT JOIN LATERAL (${witnessOf(runId)}) AS witness ON is_covered`);
}

/** The page that covers the place of a row of `unlisted`; of several, the one that arrived last. */
function witnessOf(runId: string): SQL {
  return sql`
    SELECT page.page, page.page_limit, page.arrived_at
    FROM (${coveringPages(sql`unlisted.created_at`)}) AS page
    WHERE page.run_id = ${runId}::bigint
    ORDER BY page.arrived_at DESC, page.asked DESC
    LIMIT 1`;
}
