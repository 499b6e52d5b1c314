import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { coveringPages } from './covering-pages.ts';
import { listedItems } from './listed.ts';

/**
 * Whether two answers of a run show that the list changed between them: an item that one of them lists, inside what the
 * other one covers and not on it. Only pairs with an extra read in them are looked at, in both directions. Items without
 * an id or a created_at show nothing.
 *
 * 450 extra reads beside 4,500 pages of 200 items that all agree take 6 s, and up to three times as long where the
 * statistics of PostgreSQL are of earlier runs; the first contradiction ends the search.
 */
export async function showsChange(client: pg.PoolClient, runId: string): Promise<boolean> {
  const { rows } = await drizzle(client).execute<{ changed: boolean }>(sql`
    WITH extra AS MATERIALIZED (
      SELECT range_agg(covers) AS places
      FROM mirror.staged_pages
      WHERE run_id = ${runId}::bigint AND pass IS NULL
    )
    SELECT EXISTS (
      -- What an extra read lists and another read does not.
      SELECT
      FROM mirror.staged_pages AS one
      JOIN (${listedItems(runId)}) AS item ON item.asked = one.asked
      CROSS JOIN LATERAL (${coveringPages(sql`item.created_at`)}) AS other
      WHERE one.run_id = ${runId}::bigint AND one.pass IS NULL AND ${isMissed(runId)}
    ) OR EXISTS (
      -- What another read lists and an extra read does not.
      SELECT
      FROM (${listedItems(runId)}) AS item
      CROSS JOIN LATERAL (${coveringPages(sql`item.created_at`)}) AS other
      WHERE item.created_at <@ (SELECT places FROM extra)
        AND other.pass IS NULL AND ${isMissed(runId)}
    ) AS changed`);
  return rows[0]?.changed ?? false;
}

/** Whether `item`, whose place `other` covers, is not on it. */
const isMissed = (runId: string) => sql`
  other.run_id = ${runId}::bigint AND other.asked <> item.asked AND item.id IS NOT NULL
  AND item.id <> ALL (other.settled)
  AND NOT EXISTS (
    SELECT FROM mirror.staged_artifacts AS same
    WHERE same.run_id = ${runId}::bigint AND same.asked = other.asked AND same.id = item.id
  )`;
