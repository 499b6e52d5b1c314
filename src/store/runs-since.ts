import type pg from 'pg';
import { z } from 'zod';
import { RUN_STATES, type RunState } from './run.ts';

/** A listing, and the moment from which its runs count. */
export interface ListingSince {
  readonly organization: string;
  readonly kind: string;
  readonly since: Date;
}

/** The last run of a listing. */
export interface LastRun {
  readonly organization: string;
  readonly kind: string;
  readonly runId: string;
  readonly state: RunState;
}

const rowsSchema = z.array(
  z.object({ organization: z.string(), kind: z.string(), runId: z.string(), state: z.enum(RUN_STATES) }),
);

/** The last run of each listing, in run order, that started at its moment or later; none for a listing without one. */
export async function readRunsSince(pool: pg.Pool, listings: readonly ListingSince[]): Promise<readonly LastRun[]> {
  const { rows } = await pool.query(
    `SELECT DISTINCT ON (run.organization, run.kind)
            run.organization, run.kind, run.id::text AS "runId", run.state
     FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS asked (organization, kind, since)
     JOIN mirror.runs AS run
       ON run.organization = asked.organization AND run.kind = asked.kind AND run.started_at >= asked.since
     ORDER BY run.organization, run.kind, run.id DESC`,
    [
      listings.map(({ organization }) => organization),
      listings.map(({ kind }) => kind),
      listings.map(({ since }) => since),
    ],
  );
  return rowsSchema.parse(rows);
}
