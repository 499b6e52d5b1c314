import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { type History, type HistoryArtifact, type HistoryRun, nights } from './history.ts';
import { useScratch } from './scratch.ts';

const scratch = useScratch();

const day = (number: number): string => new Date(Date.UTC(2025, 0, number)).toISOString().slice(0, 10);
const january = (...days: readonly number[]) => nights(...days.map(day));
/** Run n is of day n. */
const everyNight = (count: number) => january(...Array.from({ length: count }, (_, index) => index + 1));

/** Rows as `[name, downloads, previous_downloads, change]` of the windows of 7 days; without the name where there is one. */
async function movers(history: History): Promise<unknown[][]> {
  await scratch.client.query('SAVEPOINT history');
  const rows = await scratch.ask(
    history,
    `SELECT name, downloads::integer, previous_downloads::integer, change::integer
     FROM report.movers WHERE window_days = 7 ORDER BY name`,
  );
  await scratch.client.query('ROLLBACK TO SAVEPOINT history');
  return rows.length > 1 ? rows : rows.map(([, ...rest]) => rest);
}

const of = (runs: readonly HistoryRun[], ...artifacts: readonly HistoryArtifact[]) => movers({ runs, artifacts });

const UNKNOWN = [[null, null, null]];

describe.skipIf(!postgresAvailable)('report.movers', () => {
  it('has two rows a model: of 7 days and of 28', async () => {
    const counts = { 1: 100, 2: 200, 30: 290, 44: 350, 51: 410, 57: 500 };
    const history = { runs: everyNight(58), artifacts: [{ counts }] };
    expect(
      await scratch.ask(
        history,
        `SELECT kind, organization, owner, name, window_days, downloads::integer, previous_downloads::integer, change::integer
         FROM report.movers ORDER BY window_days`,
      ),
    ).toEqual([
      ['models', 'acme', 'acme', 'acme/model', 7, 90, 60, 30],
      ['models', 'acme', 'acme', 'acme/model', 28, 210, 90, 120],
    ]);
  });

  it('begins at the last covered day at or before the start of a window', async () => {
    const runs = january(1, 4, 9, 12, 20);
    // Of the 20th: from the 12th, the last one up to the 13th; before that from the 4th, the last one up to the 6th.
    expect(await of(runs, { counts: { 1: 10, 2: 20, 3: 35, 4: 55, 5: 100 } })).toEqual([[45, 35, 10]]);
  });

  it('knows nothing of a window that begins before the mirror', async () => {
    expect(await of(january(1, 2, 7), { counts: { 1: 10, 2: 20, 3: 30 } })).toEqual(UNKNOWN);
    expect(await of(january(1, 2, 8), { counts: { 1: 10, 2: 20, 3: 30 } })).toEqual([[20, null, null]]);
  });

  it('knows nothing of the window before where no day in it is covered', async () => {
    expect(await of(january(1, 20), { counts: { 1: 10, 2: 30 } })).toEqual([[20, null, null]]);
  });

  it('says null, not negative, where a counter fell, and knows the window without the fall', async () => {
    expect(await of(everyNight(20), { counts: { 1: 50, 9: 60, 15: 5, 18: 90 } })).toEqual([[null, 10, null]]);
  });

  it('counts a fall before the window for nothing', async () => {
    expect(await of(everyNight(20), { counts: { 1: 50, 13: 5, 15: 9 } })).toEqual([[4, null, null]]);
  });

  it.each([
    ['last', { 1: 10, 5: 14, 15: null }, [null, 4, null]],
    ['first', { 1: 10, 5: 14, 8: null, 9: 20 }, [null, null, null]],
    ['any other', { 1: 10, 5: 14, 10: null, 11: 20 }, [6, 4, 2]],
  ])('takes a counter that cannot be read on the %s day for what it is', async (_, counts, row) => {
    expect(await of(everyNight(15), { counts })).toEqual([row]);
  });
});

describe.skipIf(!postgresAvailable)('a model of several versions', () => {
  const old = { version: '1', createdAt: '2020-01-01T00:00:00Z' };
  const superseded = (run: number) => ({ events: [{ run, event: 'superseded' }], ending: 'superseded' }) as const;

  it('goes on over them: the old one up to its last row, all that the new one has', async () => {
    expect(
      await of(
        everyNight(15),
        { ...old, counts: { 1: 100, 6: 130, 10: 145 }, ...superseded(12) },
        { version: '2', createdAt: '2025-01-11T12:00:00Z', counts: { 12: 7, 15: 20 } },
      ),
    ).toEqual([[35, 30, 5]]);
  });

  it('is not known where a version came that was there before', async () => {
    expect(
      await of(
        everyNight(15),
        { ...old, counts: { 1: 100, 6: 130 } },
        { version: '2', createdAt: '2024-01-11T12:00:00Z', counts: { 12: 7, 15: 20 } },
      ),
    ).toEqual([[null, 30, null]]);
  });

  it('counts a version that ended before the window for nothing', async () => {
    expect(
      await of(
        everyNight(15),
        { ...old, counts: { 1: 100, 3: 140 }, ...superseded(5) },
        { version: '2', createdAt: '2025-01-04T12:00:00Z', counts: { 5: 7, 15: 20 } },
      ),
    ).toEqual([[13, 47, -34]]);
  });

  it('counts a version that ended before all windows for nothing', async () => {
    expect(
      await of(
        january(1, 2, 3, 100, 150, 170, 190, 200),
        { ...old, createdAt: '2025-01-01T12:00:00Z', counts: { 2: 140 }, ...superseded(3) },
        { version: '2', createdAt: '2025-01-02T12:00:00Z', counts: { 3: 7, 5: 15, 7: 20, 8: 30 } },
      ),
    ).toEqual([[10, 5, 5]]);
  });

  it('counts a version that ended without ever being counted for nothing', async () => {
    expect(
      await of(
        everyNight(15),
        { ...old, counts: { 1: null }, ...superseded(5) },
        { version: '2', createdAt: '2024-01-11T12:00:00Z', counts: { 1: 7, 12: 20 } },
      ),
    ).toEqual([[13, 0, 13]]);
  });

  it('is not known while one of them is absent and a person has to decide', async () => {
    expect(
      await of(
        everyNight(15),
        { ...old, counts: { 1: 100, 6: 130 }, events: [{ run: 12, event: 'absent' }] },
        { version: '2', createdAt: '2024-01-11T12:00:00Z', counts: { 1: 7, 15: 20 } },
      ),
    ).toEqual([[null, 30, null]]);
  });

  it('is spoken for by its newest current one', async () => {
    const runs: HistoryRun[] = [1, 8].flatMap((number) => [
      { day: day(number), includePublic: true },
      { day: day(number), organization: 'bob', includePublic: true },
    ]);
    const history: History = {
      runs,
      artifacts: [
        { name: 'zed/x', version: '1', createdAt: '2020-01-01T00:00:00Z', counts: { 1: 5, 3: 8 } },
        { name: 'zed/x', version: '2', createdAt: '2021-01-01T00:00:00Z', counts: { 2: 50, 4: 80 } },
      ],
    };
    expect(
      await scratch.ask(
        history,
        'SELECT organization, owner, downloads::integer FROM report.movers WHERE window_days = 7',
      ),
    ).toEqual([['bob', 'zed', 33]]);
  });
});

describe.skipIf(!postgresAvailable)('a model that is new', () => {
  it('counts from zero where it was created since, and has nothing to be compared with', async () => {
    expect(await of(everyNight(20), { createdAt: '2025-01-15T12:00:00Z', counts: { 16: 40, 20: 50 } })).toEqual([
      [50, null, null],
    ]);
  });

  it('is not known where it was there before', async () => {
    expect(await of(everyNight(20), { counts: { 16: 40, 20: 50 } })).toEqual(UNKNOWN);
  });

  it('is not known where its counter could not be read on the first day', async () => {
    const artifact = { createdAt: '2025-01-12T12:00:00Z', counts: { 13: null, 14: 30, 20: 50 } };
    expect(await of(everyNight(20), artifact)).toEqual(UNKNOWN);
  });

  it('is not known before a complete run has seen it', async () => {
    const runs: HistoryRun[] = [...everyNight(20), { day: day(21), state: 'partial' }];
    expect(await of(runs, { createdAt: '2025-01-20T12:00:00Z', counts: { 21: 5 } })).toEqual(UNKNOWN);
    expect(
      await of(
        runs,
        { version: '1', counts: { 1: 10, 18: 16 } },
        { version: '2', createdAt: '2025-01-20T12:00:00Z', counts: { 21: 5 } },
      ),
    ).toEqual([[6, 0, 6]]);
  });
});

describe.skipIf(!postgresAvailable)('a model that went', () => {
  it('has no rows once no version of it is current', async () => {
    const gone = { events: [{ run: 12, event: 'withdrawn' }], ending: 'withdrawn' } as const;
    expect(await of(everyNight(15), { counts: { 1: 5 }, ...gone })).toEqual([]);
  });

  it('is known again once it was there on the first day and on the last', async () => {
    const events = [
      { run: 10, event: 'withdrawn' },
      { run: 12, event: 'restored' },
    ] as const;
    expect(await of(everyNight(15), { counts: { 1: 5, 12: 9 }, events })).toEqual([[4, 0, 4]]);
    expect(await of(everyNight(18), { counts: { 1: 5, 12: 9 }, events })).toEqual([[null, null, null]]);
    expect(await of(everyNight(19), { counts: { 1: 5, 12: 9 }, events })).toEqual([[0, 4, -4]]);
  });
});

describe.skipIf(!postgresAvailable)('a guest', () => {
  const night = (number: number, includePublic: boolean): HistoryRun => ({ day: day(number), includePublic });

  it('is measured by the days of runs that list guests', async () => {
    const runs = [night(1, true), night(3, false), night(8, true), night(10, false)];
    const artifacts = [
      { name: 'acme/own', counts: { 1: 10, 2: 14, 3: 20, 4: 27 } },
      { name: 'bob/guest', counts: { 1: 10, 3: 20 } },
    ];
    // The last seven days of acme's own run from the 3rd to the 10th, those of its guests from the 1st to the 8th.
    expect(await movers({ runs, artifacts })).toEqual([
      ['acme/own', 13, null, null],
      ['bob/guest', 10, null, null],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('kinds and organizations', () => {
  it('keep their own days', async () => {
    const runs: HistoryRun[] = [
      ...january(1, 8),
      { day: day(2), organization: 'bob' },
      { day: day(12), organization: 'bob' },
      { day: day(20), kind: 'datasets' },
    ];
    const artifacts = [
      { name: 'acme/a', counts: { 1: 1, 2: 3 } },
      { name: 'bob/b', counts: { 3: 10, 4: 14 } },
      { name: 'acme/c', kind: 'datasets', counts: { 5: 1 } },
    ];
    expect(await movers({ runs, artifacts })).toEqual([
      ['acme/a', 2, null, null],
      ['acme/c', null, null, null],
      ['bob/b', 4, null, null],
    ]);
  });

  it('that were never covered leave their models unknown', async () => {
    expect(await of([{ day: day(1), state: 'partial' }], { counts: { 1: 10 } })).toEqual(UNKNOWN);
  });
});
