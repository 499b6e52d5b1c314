import { describe, expect, it } from 'vitest';
import { readDemoSummary } from '../../src/demo/read-summary.ts';
import { loadForeseen } from '../oracle/load-foreseen.ts';
import { nights, writeHistory } from '../report/history.ts';
import { useScratch } from '../report/scratch.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { foreseeSummary } from './foreseen-summary.ts';

/** `2025-01-01` to `2025-01-15`, but for days that are left out. */
function halfAMonth(...without: readonly number[]): string[] {
  return Array.from({ length: 15 }, (_, index) => index + 1)
    .filter((day) => !without.includes(day))
    .map((day) => `2025-01-${String(day).padStart(2, '0')}`);
}

/** A counter that grows by `each` in every run. */
function growing(runs: number, each: (run: number) => number): Record<number, number> {
  let count = 0;
  return Object.fromEntries(
    Array.from({ length: runs }, (_, index) => {
      count += each(index + 1);
      return [index + 1, count];
    }),
  );
}

/** Sums of shares differ in their last bits with the order in which they are added. */
function rounded<Item extends { readonly daily: readonly (number | null)[] }>(items: readonly Item[]): Item[] {
  return items.map((item) => ({
    ...item,
    daily: item.daily.map((rate) => (rate === null ? null : Number(rate.toFixed(6)))),
  }));
}

describe.skipIf(!postgresAvailable)('the summary of the recorded month', () => {
  const database = useTestDatabase();

  it('is what the oracle foresees: totals, covered days, movers, and what arrived, went and came back', async () => {
    const { plan, tables, summary } = await foreseeSummary();
    const at = new Map(plan.nights.map((night) => [night.day, night.at]));
    await loadForeseen(database.pool, tables, (day) => at.get(day) ?? new Date(Number.NaN));
    const read = await readDemoSummary(database.pool);
    expect({ ...read, organizations: rounded(read.organizations), movers: rounded(read.movers) }).toEqual({
      ...summary,
      organizations: rounded(summary.organizations),
      movers: rounded(summary.movers),
    });
  });

  it('adds up: what went and did not come back is gone, and all that was ever seen is current or gone', async () => {
    const { tables, summary } = await foreseeSummary();
    const { current, gone, withdrawn, superseded, restored } = summary.artifacts;
    expect({ withdrawn, restored, gone }).toEqual({ withdrawn: 31, restored: 3, gone: 28 });
    expect(withdrawn + superseded - restored).toBe(gone);
    expect(current + gone).toBe(tables['mirror.artifacts'].length);
  });
});

describe.skipIf(!postgresAvailable)('the summary of a small history', () => {
  const scratch = useScratch();

  it('says of each day that is not covered whose it is and how its runs ended', async () => {
    const runs = [
      ...nights('2025-01-01'),
      { day: '2025-01-01', organization: 'bob' },
      { day: '2025-01-02', organization: 'bob', state: 'partial' as const },
      { day: '2025-01-02', organization: 'bob', state: 'failed' as const },
      ...nights('2025-01-04'),
      { day: '2025-01-04', organization: 'bob' },
    ];
    await writeHistory(scratch.client, { runs, artifacts: [{ counts: { 1: 1, 5: 7 } }] });
    const { uncovered, uncoveredDays, coveredDays, organizations } = await readDemoSummary(scratch.client);
    expect(uncovered.map(({ day, organization, run }) => [day, organization, run?.state ?? null])).toEqual([
      ['2025-01-02', 'acme', null],
      ['2025-01-02', 'bob', 'failed'],
      ['2025-01-03', 'acme', null],
      ['2025-01-03', 'bob', null],
    ]);
    expect(uncoveredDays).toEqual(['2025-01-02', '2025-01-03']);
    expect(coveredDays).toBe(2);
    expect(organizations).toMatchObject([
      { organization: 'acme', artifacts: 1, days: 4, coveredDays: 2, downloads: 6, daily: [null, null, null, 2] },
      { organization: 'bob', artifacts: 0, days: 4, coveredDays: 2, downloads: null, daily: [null, null, null, null] },
    ]);
  });

  it('spreads over its absence what came back, and nothing else', async () => {
    const artifacts = [
      { name: 'acme/steady', counts: growing(5, () => 100) },
      {
        name: 'acme/back',
        counts: { 1: 1, 5: 9 },
        events: [
          { run: 2, event: 'withdrawn' as const },
          { run: 5, event: 'restored' as const },
        ],
      },
    ];
    await writeHistory(scratch.client, { runs: nights(...halfAMonth().slice(0, 5)), artifacts });
    const { organizations } = await readDemoSummary(scratch.client);
    expect(organizations[0]?.daily).toEqual([null, 100, 100, 100, 100 + 8 / 4]);
  });

  it('knows of movers both ways with both weeks, and of none whose week is unknown or the same as before', async () => {
    const runs = nights(...halfAMonth(10));
    const artifacts = [
      { name: 'acme/gains', counts: growing(runs.length, (run) => (run > 8 ? 9 : 1)) },
      { name: 'acme/loses', counts: growing(runs.length, (run) => (run > 8 ? 0 : 100)) },
      { name: 'acme/reset', counts: { ...growing(runs.length, (run) => run * 1_000), 12: 5 } },
      { name: 'acme/same', counts: { 1: 5 } },
    ];
    await writeHistory(scratch.client, { runs, artifacts });
    const { movers, downloads } = await readDemoSummary(scratch.client);
    expect(downloads.resets).toBe(1);
    expect(movers.map(({ daily, ...mover }) => mover)).toEqual([
      { name: 'acme/gains', downloads: 54, previousDownloads: 7, change: 47 },
      { name: 'acme/loses', downloads: 0, previousDownloads: 700, change: -700 },
    ]);
    // The tenth, where no run was, is not known; the eleventh has half of what both were downloaded.
    expect(movers[0]?.daily).toEqual([1, 1, 1, 1, 1, 1, 1, 9, null, 4.5, 9, 9, 9, 9]);
    expect(movers[1]?.daily).toEqual([100, 100, 100, 100, 100, 100, 100, 0, null, 0, 0, 0, 0, 0]);
  });

  it('names what arrived, was superseded, went and came back since the first night, the most downloaded first', async () => {
    const artifacts = [
      {
        name: 'acme/model',
        version: '1.0.0',
        counts: { 1: 1, 2: 3 },
        events: [{ run: 3, event: 'superseded' as const }],
        ending: 'superseded' as const,
      },
      { name: 'acme/model', version: '2.0.0', createdAt: '2025-01-02T12:00:00Z', counts: { 3: 40 } },
      { name: 'acme/older', counts: { 2: 5, 3: 6 } },
      { name: 'acme/unknown', counts: { 3: 1_000_000 } },
      {
        name: 'acme/gone',
        counts: { 1: 1 },
        events: [{ run: 2, event: 'withdrawn' as const }],
        ending: 'withdrawn' as const,
      },
      {
        name: 'acme/twice',
        counts: { 1: 1, 3: 3 },
        events: [
          { run: 2, event: 'withdrawn' as const },
          { run: 3, event: 'restored' as const },
        ],
      },
    ];
    await writeHistory(scratch.client, { runs: nights('2025-01-01', '2025-01-02', '2025-01-03'), artifacts });
    const summary = await readDemoSummary(scratch.client);
    expect(summary.artifacts).toEqual({
      current: 4,
      guests: 0,
      gone: 2,
      arrived: 3,
      arrivedNew: 1,
      withdrawn: 2,
      superseded: 1,
      restored: 1,
    });
    expect(summary.changes).toEqual([
      { change: 'added', day: '2025-01-03', name: 'acme/model', version: '2.0.0', downloads: 40 },
      { change: 'added', day: '2025-01-02', name: 'acme/older', version: '1.0.0', downloads: 1 },
      { change: 'added', day: '2025-01-03', name: 'acme/unknown', version: '1.0.0', downloads: null },
      { change: 'withdrawn', day: '2025-01-02', name: 'acme/twice', version: '1.0.0', downloads: 2 },
      { change: 'withdrawn', day: '2025-01-02', name: 'acme/gone', version: '1.0.0', downloads: null },
      { change: 'superseded', day: '2025-01-03', name: 'acme/model', version: '1.0.0', downloads: 2 },
      { change: 'restored', day: '2025-01-03', name: 'acme/twice', version: '1.0.0', downloads: 2 },
    ]);
  });
});
