import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { z } from 'zod';
import type { Gap } from '../walk/cover.ts';
import type { Unlisted } from '../walk/ports.ts';
import { instantSchema } from './instant-schema.ts';
import { type Scope, unlistedInScope } from './scope.ts';

/** The most places that one answer names: more than a round of extra reads asks for. */
const PLACES_NAMED = 1_000;

const unlistedSchema = z.object({ count: z.number(), places: z.array(instantSchema) });

/**
 * The artifacts of a run's scope that no read of it listed and whose created_at lies in one of the gaps.
 *
 * @param gaps closed intervals in any order, which may overlap; thousands of them cost no more than one
 */
export async function unlistedWithin(
  client: pg.PoolClient,
  runId: string,
  scope: Scope,
  gaps: readonly Gap[],
): Promise<Unlisted> {
  const from = sql.param(gaps.map((gap) => gap.from));
  const to = sql.param(gaps.map((gap) => gap.to));
  const { rows } = await drizzle(client).execute(sql`
    WITH gaps AS MATERIALIZED (
      -- One multirange: whether a place lies in it is a binary search, however many gaps there are.
      SELECT range_agg(tstzrange(gap.from, gap.to, '[]')) AS places
      FROM unnest(${from}::timestamptz[], ${to}::timestamptz[]) AS gap ("from", "to")
    ), unlisted AS MATERIALIZED (
      ${unlistedInScope(runId, scope, sql`artifact.created_at <@ (SELECT places FROM gaps)`)}
    )
    SELECT
      (SELECT count(*)::integer FROM unlisted) AS count,
      ARRAY(
        SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        FROM (SELECT DISTINCT created_at FROM unlisted ORDER BY created_at LIMIT ${PLACES_NAMED}) AS place
        ORDER BY created_at
      ) AS places`);
  return unlistedSchema.parse(rows[0]);
}
