import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { planDemo } from '../../src/demo/plan.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';
import { uuidV5 } from '../../src/demo/uuid-v5.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { type History, historyOf, type OracleOrganization, sortedBy } from './history.ts';
import { loadForeseen } from './load-foreseen.ts';
import { type Expected, foresee } from './oracle.ts';

/** The views the oracle foresees, and the columns that make a row of each its own. */
const VIEWS = {
  'report.artifacts': ['artifact_id'],
  'report.models': ['name'],
  'report.coverage': ['organization', 'day'],
  'report.daily_downloads': ['artifact_id', 'day'],
  'report.organization_daily_downloads': ['organization', 'owner', 'day'],
} as const satisfies { readonly [View in keyof Expected]?: readonly string[] };

const MICROSECONDS = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** Every value as text, however the driver would read it; moments in UTC to the microsecond, as the oracle writes them. */
async function rowsOf(pool: pg.Pool, view: string, columns: readonly string[]): Promise<Record<string, unknown>[]> {
  const expressions = columns.map((column) =>
    column.endsWith('created_at')
      ? `to_char(${column} at time zone 'UTC', ${MICROSECONDS}) as ${column}`
      : `${column}::text`,
  );
  const { rows } = await pool.query<Record<string, unknown>>(`select ${expressions.join(', ')} from ${view}`);
  return rows;
}

function asText(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)]));
}

async function expectViews(pool: pg.Pool, expected: Expected): Promise<void> {
  for (const view of Object.keys(VIEWS) as (keyof typeof VIEWS)[]) {
    const foreseen = expected[view].map(asText);
    const columns = Object.keys(foreseen[0] ?? {});
    const key = (row: Record<string, unknown>): string => JSON.stringify(VIEWS[view].map((column) => row[column]));
    // Without a foreseen row there are no columns to name, but there must be no row either.
    const found = columns.length === 0 ? await rowsOf(pool, view, VIEWS[view]) : await rowsOf(pool, view, columns);
    expect(sortedBy(found, key), view).toEqual(sortedBy(foreseen, key));
  }
}

const DAYS = ['2025-01-01', '2025-01-02', '2025-01-03', '2025-01-05', '2025-01-06', '2025-01-07'];
const startOf = (day: string): Date => new Date(`${day}T03:00:00Z`);
const nights = DAYS.map((day) => ({ day, at: startOf(day) }));

const organizations: fc.Arbitrary<OracleOrganization[]> = fc
  .tuple(fc.boolean(), fc.subarray(DAYS), fc.subarray(DAYS))
  .map(([includePublic, missedByAcme, missedByBeta]) => [
    { organization: 'acme', includePublic, missedDays: missedByAcme },
    { organization: 'beta', includePublic: false, missedDays: missedByBeta },
  ]);

const anyArtifact = fc.record({
  // Few names, so that several versions of one name are common.
  name: fc.constantFrom('acme/a', 'acme/b', 'beta/a', 'beta/b', 'gamma/a', 'gamma/b'),
  createdAt: fc.constantFrom(
    '2024-06-01T00:00:00Z',
    '2025-01-01T03:00:00.000001Z',
    '2025-01-02T03:00:00Z',
    '2025-01-03T12:00:00.5Z',
    '2025-01-05T03:00:00.000001Z',
  ),
  counts: fc.array(fc.option(fc.nat(9), { nil: null, freq: 3 }), { minLength: DAYS.length, maxLength: DAYS.length }),
});

const histories: fc.Arbitrary<History> = fc.array(anyArtifact, { maxLength: 8 }).map((artifacts) => {
  // One that never leaves for each organization: an empty list would be held, of which the oracle knows nothing.
  const steady = ['acme/steady', 'beta/steady', 'gamma/steady'].map((name) => ({
    name,
    createdAt: '2024-01-01T00:00:00Z',
    counts: DAYS.map(() => 1),
  }));
  return {
    kind: 'models',
    days: DAYS,
    artifacts: [...artifacts, ...steady].map((artifact, index) => ({
      ...artifact,
      id: uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', String(index)),
      version: `${index}.0.0`,
      origin: null,
    })),
  };
});

describe.skipIf(!postgresAvailable)('the views over tables that are as the oracle foresees them', () => {
  const database = useTestDatabase();

  it('say what the oracle foresees of the recorded month', async () => {
    const month = await readRecordedMonth();
    const plan = planDemo(month);
    const expected = foresee(historyOf(month), plan.organizations, plan.nights);
    await loadForeseen(database.pool, expected, startOf);
    await expectViews(database.pool, expected);
  });

  it('say what the oracle foresees of any small history: resets, gaps, absences, several versions', async () => {
    await fc.assert(
      fc.asyncProperty(histories, organizations, async (history, mirrored) => {
        const expected = foresee(history, mirrored, nights);
        await loadForeseen(database.pool, expected, startOf);
        await expectViews(database.pool, expected);
      }),
      { numRuns: 60 },
    );
  });
});
