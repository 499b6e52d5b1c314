import { sql } from 'drizzle-orm';
import { covers, runs } from '../schema.ts';
import type { Scope } from '../scope.ts';
import type { Transaction } from './context.ts';

/** The day that a complete run covers, for its own artifacts or for guests. */
export interface Cover {
  readonly id: string;
  readonly day: string;
  /** The cover before it in the same listing; null where it is the first. */
  readonly beforeId: string | null;
  /** Since that one, at least 1. */
  readonly days: number;
  /** Whether an earlier run covered the same day: its rows may stand, and this run's take their place. */
  readonly isAgain: boolean;
  /** The last complete run before this one, with its start as PostgreSQL reads it; null where there was none. */
  readonly before: { readonly runId: string; readonly day: string; readonly startedAt: string } | null;
}

/** What a run covers. */
export interface Covers {
  readonly own: Cover;
  /** Null without include_public. */
  readonly guests: Cover | null;
}

/** The last cover of a listing, and what it takes to tell whether another day follows it. */
interface LastCover {
  readonly id: string;
  readonly beforeId: string | null;
  readonly day: string;
  readonly days: number;
  readonly latestDay: string;
  readonly runId: string;
  readonly startedAt: string;
}

/**
 * Says that the day of a complete run is covered by it from now on.
 *
 * @returns null where days do not follow each other as runs do (the time zone changed): then nothing is written, and all
 * days of the listing must be worked out anew (rebuildListing)
 */
export async function openCovers(
  tx: Transaction,
  run: { readonly runId: string; readonly scope: Scope; readonly day: string },
): Promise<Covers | null> {
  const { scope, day } = run;
  const lastOwn = await lastCover(tx, scope, false);
  const lastGuests = scope.includePublic ? await lastCover(tx, scope, true) : null;
  if ([lastOwn, lastGuests].some((last) => last !== null && !follows(day, last))) return null;
  return {
    own: await openCover(tx, run, false, lastOwn),
    guests: scope.includePublic ? await openCover(tx, run, true, lastGuests) : null,
  };
}

/** Whether a run of that day covers the day after the last one, or the last one again. */
export function follows(day: string, last: Pick<LastCover, 'day' | 'latestDay'>): boolean {
  return day > last.latestDay || (day === last.day && day === last.latestDay);
}

async function lastCover(tx: Transaction, scope: Scope, guests: boolean): Promise<LastCover | null> {
  const { rows } = await tx.execute<{
    id: string;
    before_id: string | null;
    day: string;
    days: number;
    latest_day: string;
    run_id: string;
    started_at: string;
  }>(sql`
    WITH listing AS (
      SELECT * FROM ${covers}
      WHERE kind = ${scope.kind} AND organization = ${scope.organization} AND guests = ${guests}
    )
    SELECT
      last.id::text, (SELECT max(id)::text FROM listing WHERE id < last.id) AS before_id, last.day::text, last.days,
      (SELECT max(day)::text FROM listing) AS latest_day, last.run_id::text,
      to_char(run.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS started_at
    FROM listing AS last
    JOIN ${runs} AS run ON run.id = last.run_id
    ORDER BY last.id DESC
    LIMIT 1`);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    id: row.id,
    beforeId: row.before_id,
    day: row.day,
    days: row.days,
    latestDay: row.latest_day,
    runId: row.run_id,
    startedAt: row.started_at,
  };
}

async function openCover(
  tx: Transaction,
  { runId, scope, day }: { readonly runId: string; readonly scope: Scope; readonly day: string },
  guests: boolean,
  last: LastCover | null,
): Promise<Cover> {
  const before = last === null ? null : { runId: last.runId, day: last.day, startedAt: last.startedAt };
  if (last !== null && last.day === day) {
    await tx.execute(sql`UPDATE ${covers} SET run_id = ${runId}::bigint WHERE id = ${last.id}::bigint`);
    return { id: last.id, day, beforeId: last.beforeId, days: last.days, isAgain: true, before };
  }
  const { rows } = await tx.execute<{ id: string; days: number }>(sql`
    INSERT INTO ${covers} (kind, organization, guests, day, days, run_id)
    VALUES (${scope.kind}, ${scope.organization}, ${guests}, ${day}::date,
            greatest(${day}::date - ${last?.day ?? null}::date, 1), ${runId}::bigint)
    RETURNING id::text, days`);
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL returned no row for an INSERT');
  return { ...row, day, beforeId: last?.id ?? null, isAgain: false, before };
}
