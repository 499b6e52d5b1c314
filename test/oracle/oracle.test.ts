import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDemo } from '../../src/demo/plan.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';
import { type History, type HistoryArtifact, historyOf, inMicroseconds, microseconds } from './history.ts';
import { foresee } from './oracle.ts';

/** A history of consecutive days from 2025-01-01, but for those that `unrecorded` names by their place. */
function tell(artifacts: readonly Partial<HistoryArtifact>[], unrecorded: readonly number[] = []): History {
  const recorded = artifacts[0]?.counts?.length ?? 0;
  const days: string[] = [];
  for (let day = 1; days.length < recorded; day += 1) {
    if (!unrecorded.includes(day)) days.push(`2025-01-${String(day).padStart(2, '0')}`);
  }
  return {
    kind: 'models',
    days,
    artifacts: artifacts.map((artifact, index) => ({
      id: `id-${index}`,
      name: `acme/${index}`,
      version: '1.0.0',
      createdAt: '2020-01-01T00:00:00Z',
      origin: null,
      counts: [],
      ...artifact,
    })),
  };
}

function nightsOf(history: History) {
  return history.days.map((day) => ({ day, at: new Date(`${day}T03:00:00Z`) }));
}

const acme = [{ organization: 'acme', includePublic: false }];

/** An organization with one artifact more, which is always there: else an absence would empty the list. */
const steady = (nights: number): Partial<HistoryArtifact> => ({
  id: 'steady',
  name: 'acme/steady',
  counts: Array.from({ length: nights }, () => 1),
});

/** The daily rows of `id-0` as day of the month, downloads, days covered, reset. */
function dailyOf(history: History, organizations: Parameters<typeof foresee>[1] = acme) {
  return foresee(history, organizations, nightsOf(history))
    ['report.daily_downloads'].filter(({ artifact_id }) => artifact_id === 'id-0')
    .map(({ day, downloads, days_covered, reset }) => [Number(day.slice(8)), downloads, days_covered, reset]);
}

describe('a day of downloads', () => {
  it('is a baseline on the first night of all, whenever the artifact was created', () => {
    expect(dailyOf(tell([{ counts: [70], createdAt: '2025-01-01T02:59:59Z' }]))).toEqual([[1, null, null, false]]);
  });

  it('is the difference to the day before, zero where nothing was downloaded', () => {
    expect(dailyOf(tell([{ counts: [70, 75, 75] }]))).toEqual([
      [1, null, null, false],
      [2, 5, 1, false],
      [3, 0, 1, false],
    ]);
  });

  it('spans a day without a run and says so; that day has no row', () => {
    expect(dailyOf(tell([{ counts: [70, 75, 80] }], [3]))).toEqual([
      [1, null, null, false],
      [2, 5, 1, false],
      [4, 5, 2, false],
    ]);
  });

  it('is unknown, and flagged, where the counter fell; the next one counts from there', () => {
    expect(dailyOf(tell([{ counts: [70, 20, 25] }]))).toEqual([
      [1, null, null, false],
      [2, null, 1, true],
      [3, 5, 1, false],
    ]);
  });

  it('has no row while the artifact is not listed, and then counts from its own last row', () => {
    expect(dailyOf(tell([{ counts: [70, null, null, 100, 101] }, steady(5)]))).toEqual([
      [1, null, null, false],
      [4, 30, 3, false],
      [5, 1, 1, false],
    ]);
  });

  it('is a reset where the counter is lower after an absence than before it', () => {
    expect(dailyOf(tell([{ counts: [70, null, 60] }, steady(3)]))).toEqual([
      [1, null, null, false],
      [3, null, 2, true],
    ]);
  });

  it('counts from zero where the artifact was created after the run before began', () => {
    const created = '2025-01-01T03:00:00.000001Z';
    expect(dailyOf(tell([{ counts: [null, 7], createdAt: created }, steady(2)]))).toEqual([[2, 7, 1, false]]);
  });

  it('is a baseline where the artifact was created at the very moment the run before began', () => {
    const created = '2025-01-01T03:00:00.000000Z';
    expect(dailyOf(tell([{ counts: [null, 7], createdAt: created }, steady(2)]))).toEqual([[2, null, null, false]]);
  });

  it('covers the days since the run before where a new artifact came in a gap', () => {
    const created = '2025-01-03T00:00:00Z';
    const history = tell([{ counts: [null, null, 7], createdAt: created }, steady(3)], [3, 4]);
    expect(dailyOf(history)).toEqual([[5, 7, 3, false]]);
  });

  it('has no row on a night that its own organization missed', () => {
    const history = tell([{ counts: [70, 75, 80] }, { name: 'beta/one', counts: [1, 1, 1] }]);
    const organizations = [
      { organization: 'acme', includePublic: false, missedDays: ['2025-01-02'] },
      { organization: 'beta', includePublic: false },
    ];
    expect(dailyOf(history, organizations)).toEqual([
      [1, null, null, false],
      [3, 10, 2, false],
    ]);
    const covered = foresee(history, organizations, nightsOf(history))['report.coverage'].map((row) => [
      row.organization,
      row.day,
      row.covered,
    ]);
    expect(covered).toEqual([
      ['acme', '2025-01-01', true],
      ['acme', '2025-01-02', false],
      ['acme', '2025-01-03', true],
      ['beta', '2025-01-01', true],
      ['beta', '2025-01-02', true],
      ['beta', '2025-01-03', true],
    ]);
  });
});

describe('observations and events', () => {
  const history = tell([{ counts: [70, 70, 75, null, null, 75, null] }, steady(7)]);
  const expected = foresee(history, acme, nightsOf(history));

  it('are a baseline and then a row only where the counter is another, also after an absence', () => {
    const rows = expected['mirror.download_observations'].filter(({ artifact_id }) => artifact_id === 'id-0');
    expect(rows.map(({ day, download_count }) => [day, download_count])).toEqual([
      ['2025-01-01', 70],
      ['2025-01-03', 75],
    ]);
  });

  it('are one event when it goes and one when it is back, none for its arrival', () => {
    expect(expected['mirror.artifact_events']).toEqual([
      { artifact_id: 'id-0', day: '2025-01-04', event: 'withdrawn' },
      { artifact_id: 'id-0', day: '2025-01-06', event: 'restored' },
      { artifact_id: 'id-0', day: '2025-01-07', event: 'withdrawn' },
    ]);
  });

  it('leave an ended row its last counter and say when and how it ended last', () => {
    expect(expected['mirror.artifacts'][0]).toMatchObject({
      id: 'id-0',
      download_count: 75,
      first_run_day: '2025-01-01',
      ended_day: '2025-01-07',
      ending: 'withdrawn',
    });
    expect(expected['report.artifacts'].map(({ artifact_id }) => artifact_id)).toEqual(['steady']);
  });

  it('of one that is replaced by another version of its name are superseded', () => {
    const versions = tell([
      { name: 'acme/one', counts: [70, null], createdAt: '2020-01-01T00:00:00Z' },
      { name: 'acme/one', version: '2.0.0', counts: [null, 3], createdAt: '2025-01-01T12:00:00Z' },
    ]);
    const after = foresee(versions, acme, nightsOf(versions));
    expect(after['mirror.artifact_events']).toEqual([{ artifact_id: 'id-0', day: '2025-01-02', event: 'superseded' }]);
    expect(after['report.models']).toMatchObject([
      { name: 'acme/one', version: '2.0.0', versions: 1, ended_versions: 1, download_count: 3 },
    ]);
    expect(after['report.models'][0]?.download_count_of_all_versions).toBe(73);
  });
});

describe('who speaks for an artifact', () => {
  const history = tell([
    { name: 'acme/one', counts: [1, 2] },
    { name: 'beta/one', counts: [10, 20] },
    { name: 'gamma/one', counts: [100, 200] },
  ]);

  it('is its owner where the owner is mirrored, else whoever has include_public', () => {
    const organizations = [
      { organization: 'acme', includePublic: true },
      { organization: 'beta', includePublic: false },
    ];
    const expected = foresee(history, organizations, nightsOf(history));
    expect(expected['mirror.artifacts'].map((row) => [row.name, row.owner, row.mirrored_by])).toEqual([
      ['acme/one', 'acme', 'acme'],
      ['beta/one', 'beta', 'beta'],
      ['gamma/one', 'gamma', 'acme'],
    ]);
    expect(expected['report.organization_daily_downloads'].filter(({ day }) => day === '2025-01-02')).toEqual([
      { kind: 'models', organization: 'acme', owner: 'acme', day: '2025-01-02', downloads: 1, artifacts: 1, resets: 0 },
      {
        kind: 'models',
        organization: 'acme',
        owner: 'gamma',
        day: '2025-01-02',
        downloads: 100,
        artifacts: 1,
        resets: 0,
      },
      {
        kind: 'models',
        organization: 'beta',
        owner: 'beta',
        day: '2025-01-02',
        downloads: 10,
        artifacts: 1,
        resets: 0,
      },
    ]);
    expect(expected['mirror.runs'].map((run) => [run.organization, run.total, run.added])).toEqual([
      ['acme', 3, 2],
      ['acme', 3, 0],
      ['beta', 1, 1],
      ['beta', 1, 0],
    ]);
  });

  it('is nobody where the owner is not mirrored and nobody has include_public', () => {
    const expected = foresee(history, acme, nightsOf(history));
    expect(expected['mirror.artifacts'].map(({ name }) => name)).toEqual(['acme/one']);
  });
});

describe("an organization's day", () => {
  it('adds up what is known, and is unknown where nothing is', () => {
    const history = tell([{ counts: [5, 6, 1] }, { counts: [5, 7, 2] }, { counts: [5, 5, 9] }]);
    const rows = foresee(history, acme, nightsOf(history))['report.organization_daily_downloads'];
    expect(rows.map(({ downloads, artifacts, resets }) => [downloads, artifacts, resets])).toEqual([
      [null, 3, 0],
      [3, 3, 0],
      [4, 3, 2],
    ]);
  });
});

describe('what the oracle refuses', () => {
  const many = (gone: number): Partial<HistoryArtifact>[] =>
    Array.from({ length: 50 }, (_, index) => ({ counts: [1, index < gone ? null : 1] }));

  it.each([
    [10, false],
    [11, true],
  ])('of 50 artifacts, %i withdrawn in one night: held is %s', (gone, held) => {
    const history = tell(many(gone));
    const ask = () => foresee(history, acme, nightsOf(history));
    if (held) expect(ask).toThrow(/would be held/);
    else expect(ask).not.toThrow();
  });

  it('is a list that is empty where something was current', () => {
    const history = tell([{ counts: [1, null] }]);
    expect(() => foresee(history, acme, nightsOf(history))).toThrow(/would be held/);
  });

  it('is a race between two organizations with include_public', () => {
    const both = ['acme', 'beta'].map((organization) => ({ organization, includePublic: true }));
    const history = tell([{ counts: [1] }]);
    expect(() => foresee(history, both, nightsOf(history))).toThrow(/race/);
  });
});

describe('any history', () => {
  const counts = fc.array(fc.option(fc.nat(30), { nil: null }), { minLength: 6, maxLength: 6 });
  const histories = fc.array(counts, { minLength: 1, maxLength: 4 }).map((each) => {
    return tell([...each.map((one) => ({ counts: one })), steady(6)], [3]);
  });

  it('has daily rows exactly where an artifact is listed, never negative, that add up between resets', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const rows = foresee(history, acme, nightsOf(history))['report.daily_downloads'];
        for (const { id, counts: seen } of history.artifacts) {
          const own = rows.filter(({ artifact_id }) => artifact_id === id);
          expect(own.map(({ day }) => day)).toEqual(history.days.filter((_, index) => typeof seen[index] === 'number'));
          const known = seen.filter((count) => count !== null);
          if (own.some(({ reset }) => reset)) continue;
          const sum = own.reduce((total, { downloads }) => total + (downloads ?? 0), 0);
          expect(sum).toBe((known.at(-1) ?? 0) - (known[0] ?? 0));
          expect(own.every(({ downloads }) => (downloads ?? 0) >= 0)).toBe(true);
        }
      }),
    );
  });
});

describe('timestamps', () => {
  it.each([
    ['2024-12-18T00:00:00Z', '2024-12-18T00:00:00.000000Z'],
    ['2024-12-18T00:00:00.1234569Z', '2024-12-18T00:00:00.123456Z'],
    ['1969-12-31T23:59:59.25+00:00', '1969-12-31T23:59:59.250000Z'],
  ])('%s is %s', (given, expected) => {
    expect(inMicroseconds(given)).toBe(expected);
    expect(microseconds(given)).toBe(microseconds(expected));
  });
});

describe('the recorded month, as the demo mirrors it', async () => {
  const month = await readRecordedMonth();
  const plan = planDemo(month);
  const expected = foresee(historyOf(month), plan.organizations, plan.nights);

  it('ends with 2,139 current models, 28 withdrawn', () => {
    expect(expected['mirror.artifacts']).toHaveLength(2167);
    expect(expected['report.artifacts']).toHaveLength(2139);
    expect(expected['mirror.artifacts'].filter(({ ending }) => ending === 'withdrawn')).toHaveLength(28);
  });

  it('withdraws three more that come back', () => {
    const events = expected['mirror.artifact_events'];
    expect(events.filter(({ event }) => event === 'restored')).toHaveLength(3);
    expect(events.filter(({ event }) => event === 'withdrawn')).toHaveLength(31);
  });

  it('counts 55,637,345 downloads, of which 2,154 on the first day of six models that count from zero', () => {
    const firstDays = new Map<string, number | null>();
    let sum = 0;
    for (const { artifact_id, downloads } of expected['report.daily_downloads']) {
      if (!firstDays.has(artifact_id)) firstDays.set(artifact_id, downloads);
      sum += downloads ?? 0;
    }
    const fromZero = [...firstDays.values()].filter((downloads) => downloads !== null);
    expect(sum).toBe(55_637_345);
    expect(fromZero).toHaveLength(6);
    expect(fromZero.reduce((total, downloads) => total + downloads, 0)).toBe(2154);
  });

  it('leaves 2025-01-14 uncovered for each organization, and the day after spans two', () => {
    expect(expected['report.coverage']).toHaveLength(5 * 29);
    expect(expected['report.coverage'].filter(({ covered }) => !covered).map(({ day }) => day)).toEqual(
      Array.from({ length: 5 }, () => '2025-01-14'),
    );
    const last = expected['report.daily_downloads'].filter(
      ({ day, days_covered }) => day === '2025-01-15' && days_covered !== null,
    );
    expect(last.length).toBeGreaterThan(2000);
    expect(last.filter(({ days_covered }) => days_covered === 1)).toEqual([]);
  });

  it('has 140 runs that list every model of their night', () => {
    expect(expected['mirror.runs']).toHaveLength(140);
    const listed = expected['mirror.runs'].filter(({ include_public }) => include_public).map(({ total }) => total);
    expect(listed.at(0)).toBe(2008);
    expect(listed.at(-1)).toBe(2139);
  });
});
