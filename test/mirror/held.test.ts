import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

const remove = (from: number, to: number): void => {
  for (let n = from; n <= to; n++) harness.catalog.remove('acme', artifactId(n));
};
const put = (from: number, to: number): void => {
  for (const one of artifacts(from, to)) harness.catalog.put('acme', one);
};
const ids = (from: number, to: number): string[] => artifacts(from, to).map((one) => String(one['id']));
const letters = () =>
  harness.rows<{ payload: string }>(
    `SELECT error_class, level, state, occurrences, run_id::integer AS run, resolved_by_run_id::integer AS by, payload
     FROM mirror.dead_letters ORDER BY id`,
  );
const events = () =>
  harness.rows(
    `SELECT event, day::text, count(*)::integer AS artifacts FROM mirror.artifact_events
     GROUP BY event, day ORDER BY day, event`,
  );
const absent = async () =>
  (
    await harness.rows<{ id: string }>('SELECT id FROM mirror.artifacts WHERE absent_since IS NOT NULL ORDER BY id')
  ).map((row) => row.id);

describe.skipIf(!postgresAvailable)('a held run', () => {
  it('stores what it read, ends nothing, and marks what it proved absent', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 60) }, pageSize: 100 });
    await harness.night('2025-01-01');
    remove(1, 15);
    harness.catalog.update('acme', artifactId(20), { download_count: 1_000 });
    harness.catalog.update('acme', artifactId(21), { framework: 'gguf' });
    harness.catalog.put('acme', artifact(70));
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({
      state: 'held',
      errorClass: 'suspicious_removal',
      figures: { added: 1, counted: 2, changed: 1, withdrawn: 0, superseded: 0, letters: 1, unproved: 0 },
    });
    expect(await absent()).toEqual(ids(1, 15));
    expect(await events()).toEqual([
      { event: 'absent', day: '2025-01-02', artifacts: 15 },
      { event: 'changed', day: '2025-01-02', artifacts: 1 },
    ]);
    expect(await harness.rows('SELECT id FROM mirror.artifacts WHERE ended_at IS NOT NULL')).toEqual([]);
    expect(
      await harness.rows("SELECT covered FROM report.coverage WHERE organization = 'acme' AND day = '2025-01-02'"),
    ).toEqual([{ covered: true }]);
    expect(
      await harness.rows(
        `SELECT count(*)::integer AS rows FROM report.daily_downloads
         WHERE day = '2025-01-02' AND artifact_id = ANY ($1::uuid[])`,
        [ids(1, 15)],
      ),
    ).toEqual([{ rows: 0 }]);
  });

  it('has one letter, night after night, with the ids of the last of them', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 60) }, pageSize: 100 });
    await harness.night('2025-01-01');
    remove(1, 15);
    await harness.night('2025-01-02');
    put(1, 2);
    remove(16, 17);
    await harness.night('2025-01-03');
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      error_class: 'suspicious_removal',
      level: 'organization',
      state: 'open',
      occurrences: 2,
      run: 3,
    });
    expect(JSON.parse(letter?.payload ?? '')).toEqual({ absent: ids(3, 17) });
    expect(await absent()).toEqual(ids(3, 17));
    expect(await events()).toEqual([
      { event: 'absent', day: '2025-01-02', artifacts: 15 },
      { event: 'absent', day: '2025-01-03', artifacts: 2 },
      { event: 'returned', day: '2025-01-03', artifacts: 2 },
    ]);
  });

  it('is over when the artifacts are back: they return, and its letter is resolved', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 60) }, pageSize: 100 });
    await harness.night('2025-01-01');
    remove(1, 15);
    await harness.night('2025-01-02');
    await harness.night('2025-01-03');
    put(1, 14);
    harness.catalog.put('acme', artifact(15, { download_count: 160, framework: 'gguf' }));
    const run = await harness.night('2025-01-04');
    expect(run).toMatchObject({ state: 'certified', figures: { restored: 0, changed: 1, counted: 1 } });
    expect(await absent()).toEqual([]);
    expect(await letters()).toMatchObject([{ state: 'resolved', occurrences: 2, run: 3, by: 4 }]);
    expect(
      await harness.rows(
        'SELECT event, day::text, changes FROM mirror.artifact_events WHERE artifact_id = $1 ORDER BY id',
        [artifactId(15)],
      ),
    ).toEqual([
      { event: 'absent', day: '2025-01-02', changes: null },
      { event: 'returned', day: '2025-01-04', changes: null },
      { event: 'changed', day: '2025-01-04', changes: { framework: ['safetensors', 'gguf'] } },
    ]);
    expect(
      await harness.rows(
        `SELECT day::text, downloads::integer, days_covered FROM report.daily_downloads WHERE artifact_id = $1
         ORDER BY day`,
        [artifactId(15)],
      ),
    ).toEqual([
      { day: '2025-01-01', downloads: null, days_covered: null },
      { day: '2025-01-04', downloads: 10, days_covered: 3 },
    ]);
  });

  it('is followed by a certified one that ends what is still absent, once so few are that nobody need be asked', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 60) }, pageSize: 100 });
    await harness.night('2025-01-01');
    remove(1, 15);
    await harness.night('2025-01-02');
    put(1, 5);
    const run = await harness.night('2025-01-03');
    expect(run).toMatchObject({ state: 'certified', figures: { withdrawn: 10 } });
    expect(await absent()).toEqual([]);
    expect(await events()).toEqual([
      { event: 'absent', day: '2025-01-02', artifacts: 15 },
      { event: 'returned', day: '2025-01-03', artifacts: 5 },
      { event: 'withdrawn', day: '2025-01-03', artifacts: 10 },
    ]);
  });
});

describe.skipIf(!postgresAvailable)('what a night may withdraw without a person', () => {
  it.each([
    { current: 12, gone: 10, state: 'certified' },
    { current: 54, gone: 11, state: 'held' },
    { current: 55, gone: 11, state: 'certified' },
  ])('$gone of $current: $state', async ({ current, gone, state }) => {
    harness = await openHarness({ lists: { acme: artifacts(1, current) }, pageSize: 100 });
    await harness.night('2025-01-01');
    remove(1, gone);
    expect((await harness.night('2025-01-02')).state).toBe(state);
  });

  it('counts neither what was superseded nor what arrived in the same night', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 40) }, pageSize: 200 });
    await harness.night('2025-01-01');
    remove(1, 30);
    for (let n = 1; n <= 20; n++)
      harness.catalog.put('acme', artifact(100 + n, { name: `acme/model-${n}`, version: '2' }));
    expect(await harness.night('2025-01-02')).toMatchObject({
      state: 'certified',
      figures: { superseded: 20, withdrawn: 10, added: 20 },
    });
    // 30 are current. A share of them is held, however many arrive with it.
    remove(31, 40);
    harness.catalog.remove('acme', artifactId(101));
    put(200, 299);
    expect(await harness.night('2025-01-03')).toMatchObject({ state: 'held', figures: { added: 100 } });
  });

  it('leaves out what only other runs speak for', async () => {
    harness = await openHarness({
      lists: { acme: artifacts(1, 20), globex: artifacts(1, 100, 'globex') },
      pageSize: 200,
    });
    await harness.night('2025-01-01', 'acme');
    await harness.night('2025-01-01', 'globex');
    remove(1, 11);
    expect((await harness.night('2025-01-02', 'acme')).state).toBe('held');
  });

  it('never includes the last one: an empty list is held, and stays so until a person or the catalog ends it', async () => {
    harness = await openHarness({ lists: { acme: [artifact(1)] } });
    await harness.night('2025-01-01');
    remove(1, 1);
    expect((await harness.night('2025-01-02')).state).toBe('held');
    expect((await harness.night('2025-01-03')).state).toBe('held');
    expect(await events()).toEqual([{ event: 'absent', day: '2025-01-02', artifacts: 1 }]);
    expect(await letters()).toMatchObject([{ state: 'open', occurrences: 2 }]);
    put(1, 1);
    expect((await harness.night('2025-01-04')).state).toBe('certified');
  });

  it('is everything, where nothing was current: an organization without artifacts is certified', async () => {
    harness = await openHarness({ lists: { acme: [] } });
    expect(await harness.night('2025-01-01')).toMatchObject({
      state: 'certified',
      figures: { total: 0, listed: 0, pages: 1, passes: 1, requests: 1 },
    });
    expect(await harness.rows('SELECT covered FROM report.coverage')).toEqual([{ covered: true }]);
  });
});
