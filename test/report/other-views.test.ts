import { describe, expect, it } from 'vitest';
import { RUN_STATES } from '../../src/store/run.ts';
import { postgresAvailable } from '../support/database.ts';
import { type History, type HistoryRun, idOf, nights } from './history.ts';
import { useScratch } from './scratch.ts';

const scratch = useScratch();

describe.skipIf(!postgresAvailable)('report.coverage', () => {
  const coverage = (runs: readonly HistoryRun[]) =>
    scratch.ask(
      { runs, artifacts: [] },
      `SELECT kind, organization, to_char(day, 'MM-DD'), covered, run_id::integer
       FROM report.coverage ORDER BY kind, organization, day`,
    );

  it('has every day from the first run to the last, whatever became of them', async () => {
    expect(
      await coverage([
        { day: '2025-01-30', state: 'failed' },
        { day: '2025-01-31' },
        { day: '2025-02-02', state: 'held' },
        { day: '2025-02-03', state: 'partial' },
      ]),
    ).toEqual([
      ['models', 'acme', '01-30', false, null],
      ['models', 'acme', '01-31', true, 2],
      ['models', 'acme', '02-01', false, null],
      ['models', 'acme', '02-02', true, 3],
      ['models', 'acme', '02-03', false, null],
    ]);
  });

  it('names the last complete run of a day', async () => {
    const day = '2025-01-01';
    expect(await coverage([{ day }, { day, state: 'held' }, { day, state: 'inexact' }])).toEqual([
      ['models', 'acme', '01-01', true, 2],
    ]);
  });

  it.each(RUN_STATES)('knows whether a run that is %s covers its day', async (state) => {
    const [row] = await coverage([{ day: '2025-01-01', state }]);
    expect(row?.[3]).toBe(['certified', 'held'].includes(state));
  });

  it('keeps organizations and kinds apart', async () => {
    expect(
      await coverage([
        { day: '2025-01-01' },
        { day: '2025-01-01', kind: 'datasets', state: 'failed' },
        { day: '2025-01-02', organization: 'bob' },
      ]),
    ).toEqual([
      ['datasets', 'acme', '01-01', false, null],
      ['models', 'acme', '01-01', true, 1],
      ['models', 'bob', '01-02', true, 3],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('report.artifacts', () => {
  it('has what has not ended, also what a held removal would take', async () => {
    const history: History = {
      runs: nights('2025-01-01', '2025-01-02'),
      artifacts: [
        { name: 'acme/a', counts: { 1: 5 } },
        { name: 'acme/b', counts: { 1: 6 }, ending: 'withdrawn', events: [{ run: 2, event: 'withdrawn' }] },
        { name: 'bob/c', mirroredBy: 'acme', counts: { 1: null }, events: [{ run: 2, event: 'absent' }] },
      ],
    };
    expect(
      await scratch.ask(
        history,
        'SELECT artifact_id, organization, owner, name, download_count::integer FROM report.artifacts ORDER BY name',
      ),
    ).toEqual([
      [idOf(1), 'acme', 'acme', 'acme/a', 5],
      [idOf(3), 'acme', 'bob', 'bob/c', null],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('report.models', () => {
  const models = (artifacts: History['artifacts']) =>
    scratch.ask(
      { runs: nights('2025-01-01'), artifacts },
      `SELECT owner, name, version, versions::integer, ended_versions::integer, download_count::integer,
         download_count_of_all_versions::integer, is_public, to_char(first_created_at AT TIME ZONE 'UTC', 'MM-DD'),
         to_char(created_at AT TIME ZONE 'UTC', 'MM-DD')
       FROM report.models ORDER BY owner, name`,
    );
  const ended = { ending: 'superseded', events: [{ run: 1, event: 'superseded' }] } as const;

  it('adds up the versions of a name; the newest current one speaks for it', async () => {
    expect(
      await models([
        { version: '1', counts: { 1: 100 }, createdAt: '2024-01-01T00:00:00Z', ...ended },
        { version: '3', counts: { 1: 7 }, createdAt: '2024-03-01T00:00:00Z' },
        { version: '2', counts: { 1: 20 }, createdAt: '2024-02-01T00:00:00Z', isPublic: false },
      ]),
    ).toEqual([['acme', 'acme/model', '3', 2, 1, 27, 127, true, '01-01', '03-01']]);
  });

  it('is not spoken for by a newer version that has ended', async () => {
    expect(
      await models([
        { version: '1', counts: { 1: 1 }, createdAt: '2024-01-01T00:00:00Z' },
        { version: '2', counts: { 1: 2 }, createdAt: '2024-02-01T00:00:00Z', ...ended },
      ]),
    ).toEqual([['acme', 'acme/model', '1', 1, 1, 1, 3, true, '01-01', '01-01']]);
  });

  it('leaves out a name without a current version', async () => {
    expect(await models([{ counts: { 1: 1 }, ...ended }])).toEqual([]);
  });

  it('counts a version that cannot be read for nothing, and says null where none can', async () => {
    const counts = { 1: null };
    expect(
      (await models([{ counts }, { version: '2', counts: { 1: 3 } }, { name: 'acme/other', counts }])).map((row) => [
        row[1],
        row[5],
      ]),
    ).toEqual([
      ['acme/model', 3],
      ['acme/other', null],
    ]);
  });

  it('takes two organizations with a model of the same bare name for two models', async () => {
    expect(
      (
        await models([
          { name: 'whisper', owner: 'acme', counts: { 1: 1 } },
          { name: 'whisper', owner: 'bob', mirroredBy: 'bob', counts: { 1: 2 } },
        ])
      ).map((row) => [row[0], row[3], row[5]]),
    ).toEqual([
      ['acme', 1, 1],
      ['bob', 1, 2],
    ]);
  });

  it('keeps kinds apart', async () => {
    expect(await models([{ counts: { 1: 1 } }, { kind: 'datasets', counts: { 1: 2 } }])).toHaveLength(2);
  });
});

describe.skipIf(!postgresAvailable)('report.organization_daily_downloads', () => {
  it('adds up the daily rows by owner, with resets counted and left out of the sum', async () => {
    const history: History = {
      runs: [
        { day: '2025-01-01', includePublic: true },
        { day: '2025-01-02', includePublic: true },
      ],
      artifacts: [
        { name: 'acme/a', counts: { 1: 10, 2: 13 } },
        { name: 'acme/b', counts: { 1: 10, 2: 14 } },
        { name: 'acme/c', counts: { 1: 10, 2: 5 } },
        { name: 'bob/d', counts: { 1: 10, 2: 5 } },
      ],
    };
    expect(
      await scratch.ask(
        history,
        `SELECT organization, owner, to_char(day, 'MM-DD'), downloads::integer, artifacts::integer, resets::integer
         FROM report.organization_daily_downloads ORDER BY day, owner`,
      ),
    ).toEqual([
      ['acme', 'acme', '01-01', null, 3, 0],
      ['acme', 'bob', '01-01', null, 1, 0],
      ['acme', 'acme', '01-02', 7, 3, 1],
      ['acme', 'bob', '01-02', null, 1, 1],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('report.run_history', () => {
  it('tells how long each run took, and whether it was certified', async () => {
    const history: History = {
      runs: [
        { day: '2025-01-01', finishedAt: '2025-01-01T03:01:30.5Z' },
        { day: '2025-01-02', state: 'held' },
        { day: '2025-01-03', state: 'running' },
      ],
      artifacts: [],
    };
    expect(
      await scratch.ask(
        history,
        'SELECT run_id::integer, state, certified, duration_seconds FROM report.run_history ORDER BY run_id',
      ),
    ).toEqual([
      [1, 'certified', true, 90.5],
      [2, 'held', false, 60],
      [3, 'running', false, null],
    ]);
  });
});
