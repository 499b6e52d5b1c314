import type pg from 'pg';
import { expect } from 'vitest';
import { sortedBy } from '../oracle/history.ts';
import type { Expected } from '../oracle/oracle.ts';

const MOMENT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** How each table of schema mirror is read so that its rows say what the oracle foresees: days for runs and moments. */
const SOURCES: { readonly [Table in keyof Expected]: { readonly from: string; readonly key: readonly string[] } } = {
  'mirror.artifacts': {
    from: `(SELECT artifact.*, first_run.day AS first_run_day,
              (SELECT day FROM mirror.artifact_events AS event
               WHERE event.artifact_id = artifact.id AND event.at = artifact.ended_at) AS ended_day
            FROM mirror.artifacts AS artifact
            JOIN mirror.runs AS first_run ON first_run.id = artifact.first_run_id) AS source`,
    key: ['id'],
  },
  'mirror.download_observations': {
    from: `(SELECT observation.*, run.day FROM mirror.download_observations AS observation
            JOIN mirror.runs AS run ON run.id = observation.run_id) AS source`,
    key: ['artifact_id', 'day'],
  },
  'mirror.artifact_events': { from: 'mirror.artifact_events', key: ['artifact_id', 'day', 'event'] },
  'mirror.runs': { from: 'mirror.runs', key: ['organization', 'day'] },
  'report.artifacts': { from: 'report.artifacts', key: ['artifact_id'] },
  'report.models': { from: 'report.models', key: ['name'] },
  'report.coverage': { from: 'report.coverage', key: ['organization', 'day'] },
  'report.daily_downloads': { from: 'report.daily_downloads', key: ['artifact_id', 'day'] },
  'report.organization_daily_downloads': {
    from: 'report.organization_daily_downloads',
    key: ['organization', 'owner', 'day'],
  },
};

/** Compares every table and view with what the oracle foresees, column by column and row by row. */
export async function expectTables(pool: pg.Pool, expected: Expected): Promise<void> {
  for (const table of Object.keys(SOURCES) as (keyof Expected)[]) {
    const { from, key } = SOURCES[table];
    const foreseen = expected[table].map(asText);
    const columns = Object.keys(foreseen[0] ?? {});
    expect(columns, `${table}: the oracle foresees some row`).not.toEqual([]);
    const { rows } = await pool.query<Record<string, unknown>>(`SELECT ${columns.map(asRead).join(', ')} FROM ${from}`);
    const order = (row: Record<string, unknown>): string => JSON.stringify(key.map((column) => row[column]));
    expect(sortedBy(rows.map(asText), order), table).toEqual(sortedBy(foreseen, order));
  }
}

function asRead(column: string): string {
  if (column.endsWith('created_at')) return `to_char(${column} AT TIME ZONE 'UTC', ${MOMENT}) AS ${column}`;
  return column === 'origin' || column === 'extra' ? column : `${column}::text`;
}

/** Numbers, days and flags as PostgreSQL writes them, objects with their keys in order. */
function asText(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (value === null) return [column, null];
      return [column, typeof value === 'object' ? JSON.stringify(Object.entries(value).sort()) : String(value)];
    }),
  );
}
