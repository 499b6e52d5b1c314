import fc from 'fast-check';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import { isHeld } from '../../src/mirror/gate.ts';
import { applyNight } from '../../src/store/apply/apply-night.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, mirrored, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

const PAGE = 10;

const current = async (organization = 'acme') =>
  (
    await harness.rows<{ id: string }>(
      'SELECT artifact_id AS id FROM report.artifacts WHERE organization = $1 ORDER BY 1',
      [organization],
    )
  ).map((row) => row.id);
const ids = (list: readonly FakeArtifact[]): string[] => list.map((one) => String(one['id'])).sort();

/** Does something to the catalog right after page `page` of an organization was read for the first time. */
function afterPage(page: number, change: () => void): void {
  let isDone = false;
  harness.catalog.script((request) => {
    if (isDone || request.query['page'] !== String(page)) return undefined;
    isDone = true;
    return { act: 'answer', afterwards: change };
  });
}

/** Every version of every row, locks included: even a row that is only locked shows it. */
const versions = () =>
  harness.rows(`
    SELECT 'artifacts' AS of, ctid::text, xmin::text, xmax::text FROM mirror.artifacts
    UNION ALL SELECT 'observations', ctid::text, xmin::text, xmax::text FROM mirror.download_observations
    UNION ALL SELECT 'events', ctid::text, xmin::text, xmax::text FROM mirror.artifact_events
    UNION ALL SELECT 'letters', ctid::text, xmin::text, xmax::text FROM mirror.dead_letters
    ORDER BY 1, 2`);

describe.skipIf(!postgresAvailable)('a list that stands still', () => {
  it('is certified at any size, and once more without a row written', async () => {
    const sizes = [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 5 * PAGE];
    const lists = Object.fromEntries(sizes.map((size) => [`n${size}`, artifacts(1, size, `n${size}`)]));
    harness = await openHarness({ lists, pageSize: PAGE });
    for (const size of sizes) {
      const name = `n${size}`;
      expect(await harness.night('2025-01-01', name), name).toMatchObject({
        state: 'certified',
        figures: { total: size, listed: size, added: size, passes: 1, pages: Math.max(1, Math.ceil(size / PAGE)) },
      });
      expect(await current(name)).toEqual(ids(lists[name] ?? []));
    }
    const before = await versions();
    for (const size of sizes) {
      expect(await harness.night('2025-01-02', `n${size}`)).toMatchObject({
        state: 'certified',
        figures: { added: 0, changed: 0, counted: 0, restored: 0, withdrawn: 0, letters: 0 },
      });
    }
    expect(await versions()).toEqual(before);
  });

  it('writes nothing for what is the same in another spelling', async () => {
    const spelt = {
      created_at: '2024-06-01T12:00:00.123456789+02:00',
      notes: { b: 1, a: 2 },
      origin: { y: 1, x: [1.0] },
    };
    harness = await openHarness({ lists: { acme: [artifact(1, spelt)] } });
    await harness.night('2025-01-01');
    const before = await versions();
    harness.catalog.put(
      'acme',
      artifact(1, {
        created_at: '2024-06-01T10:00:00.123456Z',
        origin: { x: [1], y: 1 },
        notes: { a: 2, b: 1 },
        framework: null,
        is_public: null,
      }),
    );
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ changed: 0, counted: 0 });
    expect(await versions()).toEqual(before);
  });

  it('writes only the rows that differ', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) }, pageSize: PAGE });
    await harness.night('2025-01-01');
    const before = await harness.rows(
      'SELECT id, ctid::text, xmin::text, xmax::text FROM mirror.artifacts ORDER BY id',
    );
    harness.catalog.update('acme', artifactId(7), { download_count: 71 });
    harness.catalog.remove('acme', artifactId(9));
    await harness.night('2025-01-02');
    const after = await harness.rows('SELECT id, ctid::text, xmin::text, xmax::text FROM mirror.artifacts ORDER BY id');
    const differing = after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]));
    expect(differing.map((row) => row['id'])).toEqual([artifactId(7), artifactId(9)]);
  });

  it('is read in pages as small as the server cuts them', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) }, pageSize: 200, maxLimit: 7 });
    expect(await harness.night('2025-01-01')).toMatchObject({
      state: 'certified',
      figures: { added: 25, pages: 4, requests: 4 },
    });
  });

  it('is applied once: the same run applied again changes nothing', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) }, pageSize: PAGE });
    const run = await harness.night('2025-01-01');
    const before = await harness.rows('SELECT * FROM mirror.runs');
    const rows = await versions();
    const client = await harness.database.pool.connect();
    const again = await applyNight(
      client,
      { runId: run.runId, fencingToken: '1', startedAt: new Date(run.startedAt), resumed: false, approvedRunId: null },
      {
        runId: run.runId,
        scope: { organization: 'acme', kind: 'models', includePublic: false },
        day: run.day,
        at: harness.clock.now(),
        mirrored: ['acme'],
        approvedRunId: null,
      },
      {
        complete: true,
        proof: null,
        provedBy: 'list',
        isHeld: (removal) => isHeld(removal, 25, 0.2),
        heldLetter: () => expect.unreachable(),
      },
      { passes: 1, requests: 0, retries: 0 },
    );
    client.release();
    expect(again).toBe(false);
    expect(await versions()).toEqual(rows);
    expect(await harness.rows('SELECT * FROM mirror.runs')).toEqual(before);
  });

  it('equals what is current after every certified night, whatever came and went between them', async () => {
    harness = await openHarness({ lists: { acme: [] }, pageSize: PAGE });
    let lists = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uniqueArray(fc.nat(24)), { minLength: 2, maxLength: 4 }), async (nights) => {
        lists += 1;
        const name = `f${lists}`;
        harness.configure({ organizations: [mirrored(name)], maxRemoval: 1 });
        for (const [index, listed] of nights.entries()) {
          const list = listed.map((n) => artifact(n, { download_count: n * 10 + index }, name));
          harness.catalog.setOrganization(name, { models: list });
          const before = await current(name);
          const run = await harness.night(`2025-01-0${index + 1}`, name);
          const expected = run.state === 'held' ? before : ids(list);
          expect(run.state).toBe(listed.length === 0 && before.length > 0 ? 'held' : 'certified');
          expect(await current(name)).toEqual(expected);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe.skipIf(!postgresAvailable)('a list that moves while it is read', () => {
  it('may grow at its end: all of it is there, and it is certified', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 2 * PAGE) }, pageSize: PAGE });
    harness.configure({ pageConcurrency: 1 });
    afterPage(1, () => {
      for (const one of artifacts(21, 35)) harness.catalog.put('acme', one);
    });
    expect(await harness.night('2025-01-01')).toMatchObject({ state: 'certified', figures: { added: 35, listed: 35 } });
  });

  it('that loses an artifact between two pages ends nothing that was there all along', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 45) }, pageSize: PAGE });
    harness.configure({ pageConcurrency: 1 });
    await harness.night('2025-01-01');
    // Number 11 moves from the second page to the first, which has been read: that one is read once more.
    afterPage(1, () => harness.catalog.remove('acme', artifactId(3)));
    expect(await harness.night('2025-01-02')).toMatchObject({
      state: 'certified',
      figures: { withdrawn: 0, passes: 1, extraReads: 1, listed: 45 },
    });
    expect(await current()).toEqual(ids(artifacts(1, 45)));
    expect(await harness.night('2025-01-03')).toMatchObject({ state: 'certified', figures: { withdrawn: 1 } });
    expect(await current()).toEqual(ids(artifacts(1, 45)).filter((id) => id !== artifactId(3)));
  });

  it('that hides a removal behind an arrival ends nothing that was there all along, either', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 45) }, pageSize: PAGE });
    harness.configure({ pageConcurrency: 1 });
    await harness.night('2025-01-01');
    afterPage(2, () => {
      harness.catalog.remove('acme', artifactId(3));
      harness.catalog.put('acme', artifact(46));
    });
    const run = await harness.night('2025-01-02');
    expect(run.state).toBe('certified');
    expect(await current()).toContain(artifactId(21));
  });

  it('may show an artifact on two pages: it is stored once, as it was read last', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) }, pageSize: PAGE });
    harness.configure({ pageConcurrency: 1 });
    afterPage(1, () => {
      harness.catalog.put('acme', artifact(0));
      harness.catalog.update('acme', artifactId(10), { download_count: 101 });
    });
    // The arrival stands on a page that was read before it came: that one is read once more, because the list moved.
    expect((await harness.night('2025-01-01')).figures).toMatchObject({ added: 26, counted: 26, listed: 26 });
    expect(
      await harness.rows(
        'SELECT download_count::integer AS downloads FROM mirror.download_observations WHERE artifact_id = $1',
        [artifactId(10)],
      ),
    ).toEqual([{ downloads: 101 }]);
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'certified', figures: { added: 0, counted: 0 } });
    expect(await current()).toEqual(ids(artifacts(0, 25)));
  });

  it('that grows before every read is certified all the same, and what is gone is ended', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) }, pageSize: PAGE });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', artifactId(1));
    let arrivals = 0;
    harness.catalog.script(() => {
      arrivals += 1;
      harness.catalog.put('acme', artifact(100 + arrivals));
      return undefined;
    });
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({ state: 'certified', figures: { passes: 1, withdrawn: 1 } });
    expect(run.figures.added).toBeGreaterThan(0);
    expect(await current()).not.toContain(artifactId(1));
  });

  it('that comes in another order at every read is inexact in the end: stored, and nothing ended', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) }, pageSize: PAGE });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', artifactId(1));
    harness.catalog.put('acme', artifact(26));
    let reads = 0;
    harness.catalog.script(() => {
      reads += 1;
      const turn = reads * 7;
      return { act: 'list', list: (sorted) => [...sorted.slice(turn % 25), ...sorted.slice(0, turn % 25)] };
    });
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({ state: 'inexact', figures: { passes: 3, withdrawn: 0 } });
    expect(run.error).toContain('does not sort by created_at');
    expect(run.figures.unproved).toBeGreaterThan(0);
    expect(await current()).toContain(artifactId(1));
  });

  it('may change an artifact twice: it is restored and changed in one night, with both events', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 3) } });
    // The store's own time zone must not show in what is written.
    const pool = new pg.Pool({
      connectionString: harness.database.connectionString,
      options: '-c TimeZone=Asia/Tokyo',
    });
    harness.configure({ pool });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', artifactId(2));
    await harness.night('2025-01-02');
    harness.catalog.put('acme', artifact(2, { origin: { from: 'elsewhere' }, created_at: '2025-01-02T00:00:00Z' }));
    expect((await harness.night('2025-01-03')).figures).toMatchObject({ restored: 1, changed: 1, counted: 0 });
    expect(
      await harness.rows("SELECT event, changes FROM mirror.artifact_events WHERE day = '2025-01-03' ORDER BY id"),
    ).toEqual([
      { event: 'restored', changes: null },
      {
        event: 'changed',
        changes: {
          created_at: ['2024-01-01T00:00:02+00:00', '2025-01-02T00:00:00+00:00'],
          origin: [null, { from: 'elsewhere' }],
        },
      },
    ]);
    await pool.end();
  });
});
