import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

const CURRENT = 'SELECT name, download_count::integer AS downloads FROM report.artifacts ORDER BY name COLLATE "C"';

/** Which version of which row each table holds that a night writes to and a reader may see, but for its run. */
function versions() {
  const tables = [
    'artifact_events',
    'artifacts',
    'covers',
    'daily_lulls',
    'daily_stale',
    'daily_steps',
    'download_observations',
    'known_pages',
  ];
  const all = tables.map(
    (table) =>
      `SELECT '${table}' AS table, coalesce(array_agg(ctid || ' ' || xmin ORDER BY ctid), '{}') AS rows FROM mirror.${table}`,
  );
  return harness.rows<{ table: string; rows: readonly string[] }>(`${all.join(' UNION ALL ')} ORDER BY 1`);
}

describe.skipIf(!postgresAvailable)('a night', () => {
  it('stores every artifact with a baseline observation and certifies the run in one pass', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    const run = await harness.night('2025-01-01');
    expect(run).toMatchObject({ state: 'certified', day: '2025-01-01', error: null });
    expect(run.figures).toMatchObject({
      total: 25,
      listed: 25,
      pages: 3,
      passes: 1,
      requests: 3,
      added: 25,
      counted: 25,
    });
    expect(await harness.rows('SELECT count(*)::integer AS count FROM mirror.artifacts')).toEqual([{ count: 25 }]);
    expect(
      await harness.rows('SELECT count(*)::integer AS count FROM mirror.download_observations WHERE run_id = $1', [
        run.runId,
      ]),
    ).toEqual([{ count: 25 }]);
    expect(await harness.rows('SELECT * FROM mirror.artifact_events')).toEqual([]);
    expect(await harness.rows('SELECT * FROM mirror.staged_artifacts')).toEqual([]);
  });

  it('writes no row when nothing changed', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    await harness.night('2025-01-01');
    harness.catalog.update('acme', artifactId(2), { download_count: 50 });
    await harness.night('2025-01-02');
    const before = await versions();
    // There are some of all that an unchanged night might touch.
    expect(before.map(({ table, rows }) => [table, rows.length])).toEqual([
      ['artifact_events', 0],
      ['artifacts', 25],
      ['covers', 2],
      ['daily_lulls', 1],
      ['daily_stale', 0],
      ['daily_steps', 1],
      ['download_observations', 26],
      ['known_pages', 0],
    ]);
    const run = await harness.night('2025-01-03');
    expect(run.figures).toMatchObject({ added: 0, changed: 0, counted: 0, passes: 1 });
    // Nothing but the word that the day is covered: then each of the 25 has a row of zero for it.
    expect(await harness.rows("DELETE FROM mirror.covers WHERE day = '2025-01-03' RETURNING run_id")).toEqual([
      { run_id: run.runId },
    ]);
    expect(await versions()).toEqual(before);
  });

  it('observes a counter only when it moved', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 3) } });
    await harness.night('2025-01-01');
    harness.catalog.update('acme', artifactId(2), { download_count: 50 });
    const run = await harness.night('2025-01-02');
    expect(run.figures).toMatchObject({ counted: 1, changed: 0 });
    expect(await harness.rows(CURRENT)).toEqual([
      { name: 'acme/model-1', downloads: 10 },
      { name: 'acme/model-2', downloads: 50 },
      { name: 'acme/model-3', downloads: 30 },
    ]);
    expect(
      await harness.rows(
        'SELECT name, day::text, downloads::integer, days_covered FROM report.daily_downloads WHERE downloads > 0',
      ),
    ).toEqual([{ name: 'acme/model-2', day: '2025-01-02', downloads: 30, days_covered: 1 }]);
  });

  it('withdraws what a page proves absent, and restores it when it is listed again', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', artifactId(7));
    const gone = await harness.night('2025-01-02');
    expect(gone).toMatchObject({ state: 'certified', figures: { withdrawn: 1, passes: 1, pages: 3, extraReads: 1 } });
    expect(await harness.rows('SELECT name, ending FROM mirror.artifacts WHERE ended_at IS NOT NULL')).toEqual([
      { name: 'acme/model-7', ending: 'withdrawn' },
    ]);
    harness.catalog.put('acme', artifact(7, { framework: 'gguf' }));
    const back = await harness.night('2025-01-04');
    expect(back).toMatchObject({ state: 'certified', figures: { restored: 1, changed: 1, added: 0 } });
    expect(await harness.rows('SELECT event, day::text, changes FROM mirror.artifact_events ORDER BY id')).toEqual([
      { event: 'withdrawn', day: '2025-01-02', changes: null },
      { event: 'restored', day: '2025-01-04', changes: null },
      { event: 'changed', day: '2025-01-04', changes: { framework: ['safetensors', 'gguf'] } },
    ]);
  });

  it('calls an older version superseded when another version of its name is listed', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 3) } });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', artifactId(2));
    harness.catalog.put('acme', artifact(9, { name: 'acme/model-2', version: '2.0.0' }));
    const run = await harness.night('2025-01-02');
    expect(run.figures).toMatchObject({ superseded: 1, withdrawn: 0, added: 1 });
    expect(await harness.rows('SELECT version, ending FROM mirror.artifacts WHERE ended_at IS NOT NULL')).toEqual([
      { version: '1.0.0', ending: 'superseded' },
    ]);
  });

  it('ends nothing where more would go than may go without a person', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 40) } });
    await harness.night('2025-01-01');
    for (let n = 1; n <= 15; n++) harness.catalog.remove('acme', artifactId(n));
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({
      state: 'held',
      errorClass: 'suspicious_removal',
      figures: { withdrawn: 0, letters: 1 },
    });
    expect(await harness.rows('SELECT count(*)::integer AS count FROM report.artifacts')).toEqual([{ count: 40 }]);
    expect(
      await harness.rows("SELECT count(*)::integer AS count FROM mirror.artifact_events WHERE event = 'absent'"),
    ).toEqual([{ count: 15 }]);
    expect(
      await harness.rows("SELECT count(*)::integer AS count FROM report.daily_downloads WHERE day = '2025-01-02'"),
    ).toEqual([{ count: 25 }]);
  });

  it('ends nothing where a list is suddenly empty, whatever its size', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 2) } });
    await harness.night('2025-01-01');
    harness.catalog.setOrganization('acme', { models: [] });
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'held', figures: { withdrawn: 0 } });
  });

  it('fails an organization that does not exist, with a letter, and ends nothing', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 2) } });
    await harness.night('2025-01-01');
    const stop = harness.catalog.script(() => ({
      act: 'status',
      status: 404,
      detail: 'No such org',
      type: 'not_found_error',
    }));
    const run = await harness.night('2025-01-02');
    stop();
    expect(run).toMatchObject({ state: 'failed', errorClass: 'not_found', figures: { letters: 1, requests: 1 } });
    expect(
      await harness.rows('SELECT error_class, error_type, level, status, state, occurrences FROM mirror.dead_letters'),
    ).toEqual([
      {
        error_class: 'not_found',
        error_type: 'not_found_error',
        level: 'organization',
        status: 404,
        state: 'open',
        occurrences: 1,
      },
    ]);
    await harness.night('2025-01-03');
    expect(await harness.rows('SELECT state, resolved_by_run_id::integer AS run FROM mirror.dead_letters')).toEqual([
      { state: 'resolved', run: 3 },
    ]);
  });

  it('stores the pages that could be read and calls the run partial', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    harness.catalog.script((request) =>
      request.query['page'] === '3' ? { act: 'status', status: 500, detail: 'boom', type: 'app_error' } : undefined,
    );
    const run = await harness.night('2025-01-01');
    expect(run).toMatchObject({ state: 'partial', errorClass: 'server_error', figures: { added: 25, letters: 1 } });
    expect(await harness.rows('SELECT level, page, attempts FROM mirror.dead_letters')).toEqual([
      { level: 'page', page: 3, attempts: 5 },
    ]);
  });

  it('keeps the rest of a page where one record is bad', async () => {
    harness = await openHarness({ lists: { acme: [...artifacts(1, 4), artifact(5, { download_count: -1 })] } });
    const run = await harness.night('2025-01-01');
    expect(run).toMatchObject({ state: 'certified', figures: { added: 4, letters: 1, listed: 5 } });
    const [letter] = await harness.rows<{ payload: string }>(
      'SELECT error_class, level, artifact_id::text, payload FROM mirror.dead_letters',
    );
    expect(letter).toMatchObject({ error_class: 'invalid_record', level: 'record', artifact_id: artifactId(5) });
    expect(JSON.parse(letter?.payload ?? '')).toMatchObject({ download_count: -1 });
  });
});
