import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { type History, type HistoryRun, idOf, nights, writeHistory } from './history.ts';
import { type HistoryLetter, writeLetters } from './letters.ts';
import { useScratch } from './scratch.ts';
import { plans, simulate } from './simulation.ts';

const scratch = useScratch();

/** Asks within a savepoint, so that one transaction serves all histories. */
async function askOnce(history: History, query: string, letters: readonly HistoryLetter[] = []): Promise<unknown[][]> {
  await scratch.client.query('SAVEPOINT history');
  try {
    await writeLetters(scratch.client, letters);
    return await scratch.ask(history, query);
  } finally {
    await scratch.client.query('ROLLBACK TO SAVEPOINT history');
  }
}

describe.skipIf(!postgresAvailable)('report.changes', () => {
  const QUERY = `SELECT to_char(at AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), to_char(day, 'MM-DD'), organization, name, version,
      change, details
    FROM report.changes ORDER BY at, name, change`;

  it('tells of arrivals, and whether they are new or were there before', async () => {
    const runs = nights('2025-01-01', '2025-01-02');
    const artifacts = [
      { name: 'acme/a', counts: { 1: 1 }, createdAt: '2025-01-01T00:00:00Z' },
      { name: 'acme/b', counts: { 2: 1 }, createdAt: '2025-01-01T03:00:00Z' },
      { name: 'acme/c', counts: { 2: 1 }, createdAt: '2025-01-01T03:00:00.000001Z' },
    ];
    const details = (createdAt: string, isNew: boolean) => ({ created_at: createdAt, new: isNew });
    expect(await scratch.ask({ runs, artifacts }, QUERY)).toEqual([
      ['01-01 03:00', '01-01', 'acme', 'acme/a', '1.0.0', 'added', details('2025-01-01T00:00:00.000000Z', false)],
      ['01-02 03:00', '01-02', 'acme', 'acme/b', '1.0.0', 'added', details('2025-01-01T03:00:00.000000Z', false)],
      ['01-02 03:00', '01-02', 'acme', 'acme/c', '1.0.0', 'added', details('2025-01-01T03:00:00.000001Z', true)],
    ]);
  });

  it('takes a guest for new only by the runs that list guests', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', includePublic: true },
      { day: '2025-01-02' },
      { day: '2025-01-03', includePublic: true },
    ];
    const createdAt = '2025-01-01T12:00:00Z';
    const artifacts = [
      { name: 'acme/own', createdAt, counts: { 3: 1 } },
      { name: 'bob/guest', createdAt, counts: { 3: 1 } },
    ];
    expect(
      await scratch.ask({ runs, artifacts }, `SELECT name, details -> 'new' FROM report.changes ORDER BY name`),
    ).toEqual([
      ['acme/own', false],
      ['bob/guest', true],
    ]);
  });

  it('tells of every event, with what changed', async () => {
    const changes = { version: ['0.9.0', '1.0.0'] } as const;
    const history: History = {
      runs: nights('2025-01-01', '2025-01-02', '2025-01-03'),
      artifacts: [
        {
          counts: { 1: 1 },
          events: [
            { run: 2, event: 'withdrawn' },
            { run: 3, event: 'restored' },
            { run: 3, event: 'changed', changes },
          ],
        },
      ],
    };
    expect((await scratch.ask(history, QUERY)).slice(1)).toEqual([
      ['01-02 03:00', '01-02', 'acme', 'acme/model', '1.0.0', 'withdrawn', null],
      ['01-03 03:00', '01-03', 'acme', 'acme/model', '1.0.0', 'changed', changes],
      ['01-03 03:00', '01-03', 'acme', 'acme/model', '1.0.0', 'restored', null],
    ]);
  });

  it('names the organization that was retired, also where another one has adopted the artifact since', async () => {
    const history: History = {
      runs: [
        { day: '2025-01-01' },
        { day: '2025-01-02' },
        { day: '2025-01-02', organization: 'bob', includePublic: true },
      ],
      artifacts: [
        {
          counts: { 1: 1, 3: 1 },
          events: [
            { run: 3, event: 'out_of_scope' },
            { run: 3, event: 'restored' },
          ],
        },
      ],
    };
    expect(
      await scratch.ask(
        history,
        `SELECT change, organization FROM report.changes WHERE change <> 'added' ORDER BY change`,
      ),
    ).toEqual([
      ['out_of_scope', 'acme'],
      ['restored', 'bob'],
    ]);
  });

  it('has each arrival and each event once, and nothing else, over any history', async () => {
    await fc.assert(
      fc.asyncProperty(plans(['acme', 'bob']), async (plan) => {
        const { history } = simulate(plan);
        const rows = await askOnce(
          history,
          `SELECT artifact_id, change, to_char(day, 'YYYY-MM-DD'), organization FROM report.changes`,
        );
        const foreseen = history.artifacts.flatMap(({ counts, events = [] }, index) => {
          const first = Math.min(...Object.keys(counts).map(Number));
          return [{ run: first, event: 'added' }, ...events].map(({ run, event }) => {
            const at = history.runs[run - 1];
            return [idOf(index + 1), event, at?.day, at?.organization];
          });
        });
        const sorted = (list: readonly unknown[]) => list.map((row) => JSON.stringify(row)).sort();
        expect(sorted(rows)).toEqual(sorted(foreseen));
      }),
      { numRuns: 200 },
    );
  });
});

describe.skipIf(!postgresAvailable)('report.failures', () => {
  const QUERY = `SELECT to_char(day, 'YYYY-MM-DD'), kind, organization, error_class, error_type, level, letters::integer,
      occurrences::integer, open::integer
    FROM report.failures`;

  it('counts letters by the day of the run that met them last', async () => {
    const runs: HistoryRun[] = [
      { day: '2025-01-01', state: 'partial' },
      { day: '2025-01-02', state: 'partial' },
    ];
    const letters: HistoryLetter[] = [
      { run: 1, errorClass: 'timeout', state: 'resolved' },
      { run: 2, errorClass: 'timeout', occurrences: 2 },
      { run: 2, errorClass: 'timeout' },
      { run: 2, errorClass: 'timeout', state: 'discarded', occurrences: 5 },
      { run: 2, errorClass: 'timeout', level: 'organization' },
      { run: 2, errorClass: 'server_error', errorType: 'boom' },
    ];
    expect(await askOnce({ runs, artifacts: [] }, `${QUERY} ORDER BY day, error_class, level`, letters)).toEqual([
      ['2025-01-01', 'models', 'acme', 'timeout', null, 'page', 1, 1, 0],
      ['2025-01-02', 'models', 'acme', 'server_error', 'boom', 'page', 1, 1, 1],
      ['2025-01-02', 'models', 'acme', 'timeout', null, 'organization', 1, 1, 1],
      ['2025-01-02', 'models', 'acme', 'timeout', null, 'page', 3, 8, 2],
    ]);
  });

  it('takes the day of a letter without a run in the time zone of its organization, else in UTC', async () => {
    await writeLetters(
      scratch.client,
      ['acme', 'bob'].map((organization) => ({
        run: null,
        errorClass: 'database',
        organization,
        lastFailedAt: '2025-01-01T23:30:00Z',
      })),
    );
    await writeHistory(scratch.client, { runs: nights('2025-01-02'), artifacts: [] });
    await scratch.client.query(`UPDATE mirror.runs SET time_zone = 'Europe/Berlin'`);
    const { rows } = await scratch.client.query({
      text: `SELECT organization, to_char(day, 'MM-DD') FROM report.failures ORDER BY organization`,
      rowMode: 'array',
    });
    expect(rows).toEqual([
      ['acme', '01-02'],
      ['bob', '01-01'],
    ]);
  });

  it('loses no letter and counts none twice, whatever they are', async () => {
    const letter: fc.Arbitrary<HistoryLetter> = fc.record({
      run: fc.constantFrom(1, 2, 3),
      errorClass: fc.constantFrom('timeout', 'server_error'),
      level: fc.constantFrom('page' as const, 'record' as const),
      occurrences: fc.integer({ min: 1, max: 4 }),
      state: fc.constantFrom('open' as const, 'resolved' as const, 'discarded' as const),
    });
    const runs = nights('2025-01-01', '2025-01-02', '2025-01-02');
    await fc.assert(
      fc.asyncProperty(fc.array(letter, { maxLength: 20 }), async (letters) => {
        const foreseen = new Map<string, [number, number, number]>();
        for (const { run, errorClass, level, occurrences = 1, state } of letters) {
          const key = JSON.stringify([runs[(run ?? 0) - 1]?.day, 'models', 'acme', errorClass, null, level]);
          const [count, sum, open] = foreseen.get(key) ?? [0, 0, 0];
          foreseen.set(key, [count + 1, sum + occurrences, open + (state === 'open' ? 1 : 0)]);
        }
        const rows = await askOnce({ runs, artifacts: [] }, QUERY, letters);
        expect(new Map(rows.map((row) => [JSON.stringify(row.slice(0, 6)), row.slice(6)]))).toEqual(foreseen);
        expect(rows).toHaveLength(foreseen.size);
      }),
      { numRuns: 200 },
    );
  });
});
