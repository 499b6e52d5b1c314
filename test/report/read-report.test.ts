import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/catalog/failure.ts';
import { readReport } from '../../src/report/read-report.ts';
import { filterMistakes } from '../../src/report/report-filter.ts';
import { REPORTS, type ReportColumnType, reportNamed } from '../../src/report/reports.ts';
import { postgresAvailable } from '../support/database.ts';
import { idOf, nights, writeHistory } from './history.ts';
import { useScratch } from './scratch.ts';
import { readRelations } from './tables-page.ts';

const scratch = useScratch();

const TYPES: Readonly<Record<string, ReportColumnType>> = {
  text: 'text',
  uuid: 'text',
  boolean: 'boolean',
  bigint: 'integer',
  integer: 'integer',
  numeric: 'integer',
  'double precision': 'real',
  date: 'day',
  'timestamp with time zone': 'instant',
  jsonb: 'json',
};

describe('a report', () => {
  it('is found by its name with hyphens or underscores', () => {
    expect(reportNamed('daily-downloads')).toBe('daily_downloads');
    expect(reportNamed('run_history')).toBe('run_history');
    expect(reportNamed('models')).toBe('models');
  });

  it.each(['', 'nothing', 'toString', '__proto__', 'models; DROP TABLE mirror.runs'])(
    'is not found by the name %j',
    (name) => {
      expect(reportNamed(name)).toBeNull();
    },
  );
});

describe('a filter', () => {
  it('is right with days that are in order, or the same, or open', () => {
    expect(filterMistakes('coverage', { since: '2024-02-29', until: '2024-02-29', limit: 1 })).toEqual([]);
    expect(filterMistakes('coverage', { until: '2024-02-29', limit: 1 })).toEqual([]);
    expect(filterMistakes('models', { organization: 'acme', limit: 20 })).toEqual([]);
  });

  it.each(['2025-02-29', '2025-1-3', '01/02/2025', '0000-01-01', '2025-01-01T00:00:00Z', ''])(
    'refuses %j as a day',
    (since) => {
      expect(filterMistakes('coverage', { since, limit: 1 })).toEqual([
        `since is not a day: ${JSON.stringify(since)}. Write it as 2025-01-31.`,
      ]);
    },
  );

  it('says everything that is wrong at once', () => {
    expect(filterMistakes('coverage', { since: '2025-01-02', until: '2025-01-01', limit: 0 })).toEqual([
      'since (2025-01-02) is after until (2025-01-01): no day lies between. Exchange them.',
      'limit is not a number of rows: 0. Write a whole number from 1 on.',
    ]);
  });

  it('has no days where the report has none', () => {
    expect(filterMistakes('models', { since: '2025-01-02', limit: 1 })).toEqual([
      'models has no days to choose from: leave out since.',
    ]);
  });
});

describe.skipIf(!postgresAvailable)('reading a report', () => {
  it('knows every view, and its columns as they are', async () => {
    const views = (await readRelations(scratch.client)).filter(({ schema }) => schema === 'report');
    const known = views.map(({ name, columns }) => [
      name,
      Object.fromEntries(columns.map((column) => [column.name, TYPES[column.type]])),
    ]);
    expect(Object.fromEntries(Object.entries(REPORTS).map(([name, { columns }]) => [name, columns]))).toEqual(
      Object.fromEntries(known),
    );
    for (const { name, columns } of views) {
      const report = reportNamed(name);
      expect(report && Object.keys(REPORTS[report].columns)).toEqual(columns.map((column) => column.name));
    }
  });

  it('gives days, moments and counters exactly, whatever the session is set to', async () => {
    await scratch.client.query("SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL DateStyle = 'German'");
    await writeHistory(scratch.client, {
      runs: nights('2025-01-01', '2025-01-02'),
      artifacts: [
        { createdAt: '2024-12-31T20:00:00.123456Z', counts: { 1: 0, 2: 2n ** 53n - 1n } },
        { version: '2', counts: { 1: 0, 2: 2n ** 53n - 1n } },
      ],
    });
    const artifacts = await readReport(scratch.client, 'artifacts', { limit: 1 });
    expect(artifacts.rows).toEqual([
      {
        kind: 'models',
        organization: 'acme',
        owner: 'acme',
        artifact_id: idOf(1),
        name: 'acme/model',
        version: '1.0.0',
        framework: 'safetensors',
        is_public: true,
        download_count: 9007199254740991,
        origin: null,
        extra: {},
        created_at: '2024-12-31T20:00:00.123456Z',
        first_seen_at: '2025-01-01T03:00:00.000000Z',
        changed_at: '2025-01-01T03:00:00.000000Z',
        absent_since: null,
      },
    ]);
    expect(artifacts.hasMore).toBe(true);
    const sums = await readReport(scratch.client, 'organization_daily_downloads', { limit: 10 });
    expect(sums.rows.map(({ day, downloads }) => [day, downloads])).toEqual([
      ['2025-01-02', '18014398509481982'],
      ['2025-01-01', null],
    ]);
    expect(sums.hasMore).toBe(false);
  });

  it('reads the rows of one organization and of a stretch of days, both ends included', async () => {
    const days = ['2025-01-01', '2025-01-02', '2025-01-03', '2025-01-04'];
    await writeHistory(scratch.client, {
      runs: [...nights(...days), ...nights(...days).map((run) => ({ ...run, organization: 'bob' }))],
      artifacts: [
        { counts: { 1: 1, 2: 3, 3: 12 } },
        { name: 'acme/other', counts: { 1: 1, 3: 11 } },
        { name: 'bob/model', counts: { 5: 1 } },
      ],
    });
    const { rows } = await readReport(scratch.client, 'daily_downloads', {
      organization: 'acme',
      since: '2025-01-02',
      until: '2025-01-03',
      limit: 100,
    });
    // Ordered as numbers: as texts, 9 would come before 10.
    expect(rows.map(({ day, name, downloads }) => [day, name, downloads])).toEqual([
      ['2025-01-03', 'acme/other', 10],
      ['2025-01-03', 'acme/model', 9],
      ['2025-01-02', 'acme/model', 2],
      ['2025-01-02', 'acme/other', 0],
    ]);
  });

  it.each(Object.keys(REPORTS))('reads %s of an empty mirror as no rows', async (text) => {
    const name = reportNamed(text);
    if (name === null) throw new Error(`${text} is no report`);
    const report = await readReport(scratch.client, name, { organization: "o'", limit: 5 });
    expect(report.rows).toEqual([]);
    expect(report.columns.map((column) => column.name)).toEqual(Object.keys(REPORTS[name].columns));
  });

  it('reads a run that is not over, and how long the others took', async () => {
    await writeHistory(scratch.client, {
      runs: [
        { day: '2025-01-01', finishedAt: '2025-01-01T03:00:01.250Z' },
        { day: '2025-01-02', state: 'running' },
      ],
      artifacts: [],
    });
    const { rows } = await readReport(scratch.client, 'run_history', { limit: 5 });
    expect(rows.map((row) => [row['run_id'], row['state'], row['duration_seconds'], row['finished_at']])).toEqual([
      [2, 'running', null, null],
      [1, 'certified', 1.25, '2025-01-01T03:00:01.250000Z'],
    ]);
  });

  it('fails with what to mend where the filter is wrong, without asking the database', async () => {
    await expect(readReport(scratch.client, 'models', { until: '2025-01-01', limit: 1 })).rejects.toThrow(
      'could not read a report (report.models): models has no days to choose from: leave out until.',
    );
  });

  it('fails in a sentence where there is no such view', async () => {
    await scratch.client.query('DROP VIEW report.coverage');
    const failure = await readReport(scratch.client, 'coverage', { limit: 1 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ class: 'database', subject: 'report.coverage' });
  });
});
