import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { type History, type HistoryArtifact, type HistoryRun, nights } from './history.ts';
import { useScratch } from './scratch.ts';

const scratch = useScratch();

/** Rows as `[name, day, downloads, days_covered, reset]`, without the name where there is one artifact only. */
async function daily(history: History): Promise<unknown[][]> {
  const rows = await scratch.ask(
    history,
    `SELECT name, to_char(day, 'MM-DD'), downloads::integer, days_covered, reset
     FROM report.daily_downloads ORDER BY name, day`,
  );
  return history.artifacts.length > 1 ? rows : rows.map(([, ...rest]) => rest);
}

const of = (runs: readonly HistoryRun[], artifact: HistoryArtifact) => daily({ runs, artifacts: [artifact] });

const january = (...days: readonly number[]) => nights(...days.map((day) => `2025-01-${String(day).padStart(2, '0')}`));

describe.skipIf(!postgresAvailable)('a first row', () => {
  it('is a baseline on the first night: unknown, spanning nothing', async () => {
    expect(await of(january(1), { counts: { 1: 70 } })).toEqual([['01-01', null, null, false]]);
  });

  it('is a baseline for what was there before and is new to the mirror', async () => {
    expect(await of(january(1, 2), { counts: { 2: 70 } })).toEqual([['01-02', null, null, false]]);
  });

  it('counts from zero what was created after the last complete run before started', async () => {
    expect(await of(january(1, 2), { counts: { 2: 70 }, createdAt: '2025-01-01T03:00:00.000001Z' })).toEqual([
      ['01-02', 70, 1, false],
    ]);
  });

  it('is a baseline for what was created at the very start of that run', async () => {
    expect(await of(january(1, 2), { counts: { 2: 70 }, createdAt: '2025-01-01T03:00:00Z' })).toEqual([
      ['01-02', null, null, false],
    ]);
  });

  it('spans the days since the last covered one', async () => {
    expect(await of(january(1, 5), { counts: { 2: 70 }, createdAt: '2025-01-03T00:00:00Z' })).toEqual([
      ['01-05', 70, 4, false],
    ]);
  });

  it('spans one day where it was created between two runs of one day', async () => {
    const runs = [...january(1, 2), { day: '2025-01-02', startedAt: '2025-01-02T15:00:00Z' }];
    expect(await of(runs, { counts: { 3: 7 }, createdAt: '2025-01-02T09:00:00Z' })).toEqual([['01-02', 7, 1, false]]);
  });

  it('counts from the complete run before, not from an incomplete one between', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state: 'inexact' }, { day: '2025-01-03' }];
    expect(await of(runs, { counts: { 3: 7 }, createdAt: '2025-01-01T12:00:00Z' })).toEqual([['01-03', 7, 2, false]]);
  });

  it('of what an incomplete run observed first comes with the next complete one, from zero', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state: 'partial' }, { day: '2025-01-03' }];
    expect(await of(runs, { counts: { 2: 7, 3: 9 }, createdAt: '2025-01-02T01:00:00Z' })).toEqual([
      ['01-03', 9, 2, false],
    ]);
  });

  it('of what an incomplete run observed first is a baseline where it was there before', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state: 'partial' }, { day: '2025-01-03' }];
    expect(await of(runs, { counts: { 2: 7, 3: 9 } })).toEqual([['01-03', null, null, false]]);
  });

  it('is a baseline where no complete run came before, however new it is', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01', state: 'failed' }, { day: '2025-01-02' }];
    expect(await of(runs, { counts: { 2: 7 }, createdAt: '2025-01-01T12:00:00Z' })).toEqual([
      ['01-02', null, null, false],
    ]);
  });

  it('does not take the night of another organization or kind for the one before', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', organization: 'other' },
      { day: '2025-01-01', kind: 'datasets' },
      { day: '2025-01-02' },
    ];
    expect(await of(runs, { counts: { 3: 7 }, createdAt: '2025-01-01T12:00:00Z' })).toEqual([
      ['01-02', null, null, false],
    ]);
  });

  it('is a reset where the counter of something new fell before its first complete run', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state: 'partial' }, { day: '2025-01-03' }];
    expect(await of(runs, { counts: { 2: 9, 3: 5 }, createdAt: '2025-01-02T01:00:00Z' })).toEqual([
      ['01-03', null, 2, true],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('a further row', () => {
  it('is the difference to the row before, zero where nothing was observed', async () => {
    expect(await of(january(1, 2, 3), { counts: { 1: 70, 2: 75 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 5, 1, false],
      ['01-03', 0, 1, false],
    ]);
  });

  it('spans days without a run, which have no row', async () => {
    expect(await of(january(1, 4), { counts: { 1: 70, 2: 79 } })).toEqual([
      ['01-01', null, null, false],
      ['01-04', 9, 3, false],
    ]);
  });

  it.each(['inexact', 'partial', 'failed', 'abandoned', 'running'] as const)(
    'spans a day whose only run is %s, and counts what that run observed',
    async (state) => {
      const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state }, { day: '2025-01-03' }];
      expect(await of(runs, { counts: { 1: 70, 2: 73 } })).toEqual([
        ['01-01', null, null, false],
        ['01-03', 3, 2, false],
      ]);
    },
  );

  it('comes from a held run as from a certified one', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state: 'held' }];
    expect(await of(runs, { counts: { 1: 70, 2: 73 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 3, 1, false],
    ]);
  });

  it('is exact for counters beyond what a double holds', async () => {
    const top = 2n ** 53n - 1n;
    const history = { runs: january(1, 2), artifacts: [{ counts: { 1: 0, 2: top } }] };
    expect(
      await scratch.ask(history, 'SELECT downloads::text FROM report.daily_downloads WHERE days_covered = 1'),
    ).toEqual([['9007199254740991']]);
  });
});

describe.skipIf(!postgresAvailable)('a reset', () => {
  it('is unknown and flagged; the next row counts from where it fell to', async () => {
    expect(await of(january(1, 2, 3), { counts: { 1: 70, 2: 20, 3: 25 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', null, 1, true],
      ['01-03', 5, 1, false],
    ]);
  });

  it('is seen where the counter recovered inside a gap', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02', state: 'partial' }, { day: '2025-01-03' }];
    expect(await of(runs, { counts: { 1: 70, 2: 20, 3: 90 } })).toEqual([
      ['01-01', null, null, false],
      ['01-03', null, 2, true],
    ]);
  });

  it('is seen where the counter recovered within a day', async () => {
    const runs = [...january(1, 2), { day: '2025-01-02' }];
    expect(await of(runs, { counts: { 1: 70, 2: 20, 3: 90 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', null, 1, true],
    ]);
  });

  it('is seen across a counter that could not be read', async () => {
    expect(await of(january(1, 2, 3), { counts: { 1: 70, 2: null, 3: 20 } })).toEqual([
      ['01-01', null, null, false],
      ['01-03', null, 2, true],
    ]);
  });

  it('is seen across the time in which the artifact had ended', async () => {
    const events = [
      { run: 2, event: 'withdrawn' },
      { run: 3, event: 'restored' },
    ] as const;
    expect(await of(january(1, 2, 3), { counts: { 1: 70, 3: 20 }, events })).toEqual([
      ['01-01', null, null, false],
      ['01-03', null, 2, true],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('no row', () => {
  it('comes while the counter is unknown; then the next spans that time', async () => {
    expect(await of(january(1, 2, 3, 4), { counts: { 1: 70, 2: null, 4: 79 } })).toEqual([
      ['01-01', null, null, false],
      ['01-04', 9, 3, false],
    ]);
  });

  it('comes before the counter of something new can be read; then it counts from zero', async () => {
    expect(await of(january(1, 2, 3), { counts: { 2: null, 3: 9 }, createdAt: '2025-01-01T12:00:00Z' })).toEqual([
      ['01-03', 9, 2, false],
    ]);
  });

  it.each(['superseded', 'withdrawn'] as const)('comes from the run on that found it %s', async (ending) => {
    expect(await of(january(1, 2, 3), { counts: { 1: 70 }, events: [{ run: 2, event: ending }], ending })).toEqual([
      ['01-01', null, null, false],
    ]);
  });

  it('comes for a day on which it was listed and then withdrawn', async () => {
    const runs = [...january(1, 2), { day: '2025-01-02' }];
    expect(
      await of(runs, { counts: { 1: 70, 2: 71 }, events: [{ run: 3, event: 'withdrawn' }], ending: 'withdrawn' }),
    ).toEqual([['01-01', null, null, false]]);
  });

  it('comes while it has ended; restored, it counts from its own last row', async () => {
    const events = [
      { run: 2, event: 'withdrawn' },
      { run: 4, event: 'restored' },
    ] as const;
    expect(await of(january(1, 2, 3, 4, 5), { counts: { 1: 70, 4: 80 }, events })).toEqual([
      ['01-01', null, null, false],
      ['01-04', 10, 3, false],
      ['01-05', 0, 1, false],
    ]);
  });

  it('comes while a removal is held; returned, it counts from its own last row', async () => {
    const runs: HistoryRun[] = [...january(1), { day: '2025-01-02', state: 'held' }, ...january(3, 4)];
    const events = [
      { run: 2, event: 'absent' },
      { run: 4, event: 'returned' },
    ] as const;
    expect(await of(runs, { counts: { 1: 70 }, events })).toEqual([
      ['01-01', null, null, false],
      ['01-04', 0, 3, false],
    ]);
  });

  it('comes after a held removal that was approved, until it is restored', async () => {
    const events = [
      { run: 2, event: 'absent' },
      { run: 3, event: 'withdrawn' },
      { run: 5, event: 'restored' },
    ] as const;
    expect(await of(january(1, 2, 3, 4, 5), { counts: { 1: 70 }, events })).toEqual([
      ['01-01', null, null, false],
      ['01-05', 0, 4, false],
    ]);
  });

  it('comes between two absences with a day in which it was back', async () => {
    const events = [
      { run: 2, event: 'withdrawn' },
      { run: 3, event: 'restored' },
      { run: 4, event: 'withdrawn' },
    ] as const;
    expect(await of(january(1, 2, 3, 4, 5), { counts: { 1: 70, 3: 72 }, events, ending: 'withdrawn' })).toEqual([
      ['01-01', null, null, false],
      ['01-03', 2, 2, false],
    ]);
  });

  it('comes once its organization is retired, though another organization still runs', async () => {
    const runs = [...january(1, 2), { day: '2025-01-03', organization: 'other' }];
    expect(
      await of(runs, { counts: { 1: 70, 2: 71 }, events: [{ run: 3, event: 'out_of_scope' }], ending: 'out_of_scope' }),
    ).toEqual([
      ['01-01', null, null, false],
      ['01-02', 1, 1, false],
    ]);
  });

  it('hides the return of an artifact whose organization was retired right before the run that restored it', async () => {
    const events = [
      { run: 3, event: 'out_of_scope' },
      { run: 3, event: 'restored' },
    ] as const;
    expect(await of(january(1, 2, 5), { counts: { 1: 70, 3: 80 }, events })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 0, 1, false],
      ['01-05', 10, 3, false],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('several runs on a day', () => {
  it('give one row, with what the last complete one knows', async () => {
    const runs = [...january(1, 2), { day: '2025-01-02' }, ...january(3)];
    expect(await of(runs, { counts: { 1: 70, 2: 75, 3: 78, 4: 79 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 8, 1, false],
      ['01-03', 1, 1, false],
    ]);
  });

  it('leave to the next day what an incomplete one saw after the complete one', async () => {
    const runs: HistoryRun[] = [...january(1, 2), { day: '2025-01-02', state: 'partial' }, ...january(3)];
    expect(await of(runs, { counts: { 1: 70, 2: 75, 3: 78 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 5, 1, false],
      ['01-03', 3, 1, false],
    ]);
  });

  it('count what an incomplete one saw before the complete one', async () => {
    const runs: HistoryRun[] = [...january(1), { day: '2025-01-02', state: 'partial' }, ...january(2)];
    expect(await of(runs, { counts: { 1: 70, 2: 75, 3: 78 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 8, 1, false],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('the day of a row', () => {
  it("is the run's own day, whatever the time in UTC or in the session", async () => {
    const runs = [
      { day: '2025-01-01', startedAt: '2024-12-31T18:00:00Z' },
      { day: '2025-01-02', startedAt: '2025-01-02T23:30:00Z' },
    ];
    await scratch.client.query("SET LOCAL TimeZone = 'Pacific/Kiritimati'");
    expect(await of(runs, { counts: { 1: 70, 2: 71 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 1, 1, false],
    ]);
    const coverage = await scratch.client.query('SELECT day::text, covered FROM report.coverage ORDER BY day');
    expect(coverage.rows).toEqual([
      { day: '2025-01-01', covered: true },
      { day: '2025-01-02', covered: true },
    ]);
  });

  it('may lie before that of an earlier run, after a move westwards: nothing is counted twice or below zero', async () => {
    const runs = nights('2025-01-04', '2025-01-06', '2025-01-05', '2025-01-07');
    expect(await of(runs, { counts: { 1: 70, 2: 76, 3: 78, 4: 79 } })).toEqual([
      ['01-04', null, null, false],
      ['01-05', 2, 1, false],
      ['01-06', 6, 2, false],
      ['01-07', 1, 1, false],
    ]);
  });
});

const bobs = { name: 'bob/model' };
const visit = { organization: 'acme', includePublic: true } as const;

describe.skipIf(!postgresAvailable)('a guest', () => {
  it('is covered only by runs that include public artifacts', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02' },
      { day: '2025-01-03', ...visit },
    ];
    expect(await of(runs, { ...bobs, counts: { 1: 70, 3: 75 } })).toEqual([
      ['01-01', null, null, false],
      ['01-03', 5, 2, false],
    ]);
  });

  it('keeps the day that a run with public artifacts covered, though a later run of that day has none', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02', ...visit },
      { day: '2025-01-02' },
    ];
    expect(await of(runs, { ...bobs, counts: { 1: 70, 2: 75 } })).toEqual([
      ['01-01', null, null, false],
      ['01-02', 5, 1, false],
    ]);
  });

  it('is new only where a run with public artifacts came before its creation', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02' },
      { day: '2025-01-03', ...visit },
    ];
    const artifacts = [
      { name: 'bob/old', counts: { 3: 7 }, createdAt: '2024-12-31T00:00:00Z' },
      { name: 'bob/new', counts: { 3: 8 }, createdAt: '2025-01-01T12:00:00Z' },
    ];
    expect(await daily({ runs, artifacts })).toEqual([
      ['bob/new', '01-03', 8, 2, false],
      ['bob/old', '01-03', null, null, false],
    ]);
  });

  it('is not covered by the runs of others that include public artifacts, but do not speak for it', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02', organization: 'other', includePublic: true },
    ];
    expect(await of(runs, { ...bobs, counts: { 1: 70 } })).toEqual([['01-01', null, null, false]]);
  });
});

describe.skipIf(!postgresAvailable)('an artifact whose speaker changes', () => {
  /** Rows as `[day, organization, downloads, days_covered]`. */
  const spoken = (history: History) =>
    scratch.ask(
      history,
      `SELECT to_char(day, 'MM-DD'), organization, downloads::integer, days_covered
       FROM report.daily_downloads ORDER BY day`,
    );
  const bob = { organization: 'bob' } as const;

  it('has each day under the one who spoke that day, in one line of counting', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02', ...visit },
      { day: '2025-01-03', ...bob },
      { day: '2025-01-03', ...visit },
      { day: '2025-01-04', ...bob },
    ];
    expect(await spoken({ runs, artifacts: [{ ...bobs, counts: { 1: 70, 2: 71, 3: 75, 5: 79 } }] })).toEqual([
      ['01-01', 'acme', null, null],
      ['01-02', 'acme', 1, 1],
      ['01-03', 'bob', 4, 1],
      ['01-04', 'bob', 4, 1],
    ]);
  });

  it('has one row on the day of the change, of the later run', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02', ...visit },
      { day: '2025-01-02', ...bob },
    ];
    expect(await spoken({ runs, artifacts: [{ ...bobs, counts: { 1: 70, 2: 71, 3: 75 } }] })).toEqual([
      ['01-01', 'acme', null, null],
      ['01-02', 'bob', 5, 1],
    ]);
  });

  it('counts forward where the new speaker lives a day behind', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-03', ...visit },
      { day: '2025-01-02', ...bob },
      { day: '2025-01-03', ...bob },
    ];
    expect(await spoken({ runs, artifacts: [{ ...bobs, counts: { 1: 70, 2: 71, 3: 75, 4: 80 } }] })).toEqual([
      ['01-01', 'acme', null, null],
      ['01-02', 'bob', 5, 1],
      ['01-03', 'bob', 5, 1],
    ]);
  });

  it('goes on where an organization adopts what another one has given up', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', ...visit },
      { day: '2025-01-02', organization: 'carol', includePublic: true },
    ];
    const events = [
      { run: 2, event: 'out_of_scope' },
      { run: 2, event: 'restored' },
      { run: 2, event: 'changed', changes: { mirrored_by: ['acme', 'carol'] } },
    ] as const;
    expect(await spoken({ runs, artifacts: [{ ...bobs, counts: { 1: 70, 2: 70 }, events }] })).toEqual([
      ['01-01', 'acme', null, null],
      ['01-02', 'carol', 0, 1],
    ]);
  });

  it('keeps the days of its former owner when it moves to another', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01' },
      { day: '2025-01-02' },
      { day: '2025-01-03', ...bob },
      { day: '2025-01-04', ...bob },
    ];
    const events = [
      { run: 3, event: 'changed', changes: { owner: ['acme', 'bob'], mirrored_by: ['acme', 'bob'] } },
    ] as const;
    expect(await spoken({ runs, artifacts: [{ ...bobs, counts: { 1: 70, 2: 71, 3: 75 }, events }] })).toEqual([
      ['01-01', 'acme', null, null],
      ['01-02', 'acme', 1, 1],
      ['01-03', 'bob', 4, 1],
      ['01-04', 'bob', 0, 1],
    ]);
  });

  it('becomes a guest from the run on that sees its new owner, with no new counter', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01' },
      { day: '2025-01-02', ...visit },
      { day: '2025-01-03' },
      { day: '2025-01-04', ...visit },
    ];
    const events = [{ run: 2, event: 'changed', changes: { owner: ['acme', 'bob'] } }] as const;
    expect(await spoken({ runs, artifacts: [{ ...bobs, counts: { 1: 70, 4: 75 }, events }] })).toEqual([
      ['01-01', 'acme', null, null],
      ['01-02', 'acme', 0, 1],
      ['01-04', 'acme', 5, 2],
    ]);
  });

  it('was new to the owner it had when it was first observed', async () => {
    const runs: HistoryRun[] = [{ day: '2025-01-01' }, { day: '2025-01-02' }, { day: '2025-01-03', ...bob }];
    const events = [
      { run: 3, event: 'changed', changes: { owner: ['acme', 'bob'], mirrored_by: ['acme', 'bob'] } },
    ] as const;
    const artifact = { ...bobs, counts: { 2: 7, 3: 9 }, events, createdAt: '2025-01-01T12:00:00Z' };
    expect(await spoken({ runs, artifacts: [artifact] })).toEqual([
      ['01-02', 'acme', 7, 1],
      ['01-03', 'bob', 2, 1],
    ]);
  });
});
