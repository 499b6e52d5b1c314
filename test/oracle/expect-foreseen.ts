import type pg from 'pg';
import { expect } from 'vitest';
import { sortedBy } from './history.ts';
import type { Expected } from './oracle.ts';

interface Source {
  readonly from: string;
  /** The columns that make a row its own. */
  readonly key: readonly [string, ...string[]];
}

/** How each table of schema mirror is read so that its rows say what the oracle foresees: days for runs and moments. */
const TABLES = {
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
} as const satisfies { readonly [Table in keyof Expected]?: Source };

const VIEWS = {
  'report.artifacts': { from: 'report.artifacts', key: ['artifact_id'] },
  'report.models': { from: 'report.models', key: ['name'] },
  'report.coverage': { from: 'report.coverage', key: ['organization', 'day'] },
  'report.daily_downloads': { from: 'report.daily_downloads', key: ['artifact_id', 'day'] },
  'report.organization_daily_downloads': {
    from: 'report.organization_daily_downloads',
    key: ['organization', 'owner', 'day'],
  },
  'report.movers': { from: 'report.movers', key: ['organization', 'name', 'window_days'] },
  'report.changes': { from: 'report.changes', key: ['artifact_id', 'day', 'change'] },
  'report.run_history': { from: 'report.run_history', key: ['organization', 'day'] },
  'report.failures': { from: 'report.failures', key: ['organization', 'day'] },
} as const satisfies Omit<{ readonly [Table in keyof Expected]: Source }, keyof typeof TABLES>;

const MOMENT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** Compares every view with what the oracle foresees, column by column and row by row. */
export async function expectViews(db: pg.Pool | pg.PoolClient, expected: Expected): Promise<void> {
  for (const [view, source] of Object.entries<Source>(VIEWS)) await expectRows(db, expected, view, source);
}

/** The same of every table and view. */
export async function expectTables(db: pg.Pool | pg.PoolClient, expected: Expected): Promise<void> {
  for (const [table, source] of Object.entries<Source>(TABLES)) await expectRows(db, expected, table, source);
  await expectViews(db, expected);
}

async function expectRows(
  db: pg.Pool | pg.PoolClient,
  expected: Readonly<Record<string, readonly object[]>>,
  table: string,
  { from, key }: Source,
): Promise<void> {
  const foreseen = (expected[table] ?? []).map(asText);
  // Without a foreseen row there are no columns to name, but there must be no row either.
  const columns = foreseen[0] === undefined ? key : Object.keys(foreseen[0]);
  const { rows } = await db.query<Record<string, unknown>>({
    // Prepared once for each connection: to plan some of them takes longer than to ask small tables.
    name: `${table} by ${columns.length}`,
    text: `SELECT ${columns.map(asRead).join(', ')} FROM ${from}`,
  });
  const order = (row: Record<string, unknown>): string => JSON.stringify(key.map((column) => row[column]));
  expect(sortedBy(rows.map(asText), order), table).toEqual(sortedBy(foreseen, order));
}

/** The oracle knows a run by its organization and day, and of moments the day, but for those of the catalog. */
function asRead(column: string): string {
  if (column === 'run_id') {
    return `(SELECT run.organization || ' ' || run.day FROM mirror.runs AS run WHERE run.id = run_id) AS run_id`;
  }
  if (column.endsWith('created_at')) return `to_char(${column} AT TIME ZONE 'UTC', ${MOMENT}) AS ${column}`;
  if (/(^|_)at$/.test(column)) return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS ${column}`;
  return ['origin', 'extra', 'details'].includes(column) ? column : `${column}::text`;
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
