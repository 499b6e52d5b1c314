import { afterEach, describe, expect, it } from 'vitest';
import { LONGEST_PAYLOAD_BYTES } from '../../src/catalog/payload.ts';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

/** Lists the n-th artifact with other fields than it has: what goes bad is only the answer, never the artifact. */
function spoil(n: number, fields: FakeArtifact): () => void {
  return harness.catalog.script(() => ({
    act: 'list',
    list: (sorted) => sorted.map((item) => (item['id'] === artifactId(n) ? { ...item, ...fields } : item)),
  }));
}

const rowOf = async (n: number) =>
  (await harness.rows('SELECT * FROM mirror.artifacts WHERE id = $1', [artifactId(n)]))[0];
const endings = () =>
  harness.rows('SELECT name, ending FROM mirror.artifacts WHERE ended_at IS NOT NULL ORDER BY name COLLATE "C"');
const observations = (n: number) =>
  harness.rows(
    'SELECT run_id::integer AS run, download_count::integer AS downloads FROM mirror.download_observations WHERE artifact_id = $1 ORDER BY run_id',
    [artifactId(n)],
  );
const letters = () =>
  harness.rows<{ payload: string; occurrences: number; state: string; run: number; detail: string }>(
    `SELECT state, occurrences, run_id::integer AS run, page, artifact_id::text, detail, payload,
            first_failed_at, last_failed_at
     FROM mirror.dead_letters ORDER BY id`,
  );

describe.skipIf(!postgresAvailable)('a bad record', () => {
  it('counts as listed where its id can be read, and changes nothing but the counter', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    await harness.night('2025-01-01');
    const before = await rowOf(7);
    spoil(7, { name: 7, created_at: 'yesterday', framework: 'gguf', download_count: 99 });
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({ state: 'certified', figures: { passes: 1, withdrawn: 0, changed: 0, counted: 1 } });
    const counted = { download_count: '99', lull_after_cover_id: '2' };
    expect(await rowOf(7)).toEqual({ ...before, ...counted, run_order: '2', digest: null });
    expect(await observations(7)).toEqual([
      { run: 1, downloads: 70 },
      { run: 2, downloads: 99 },
    ]);
    expect(await harness.rows('SELECT * FROM mirror.artifact_events')).toEqual([]);
  });

  it('observes null where the counter cannot be read, once, and counts on from what is read next', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-01');
    const before = await rowOf(2);
    const mend = spoil(2, { download_count: null });
    await harness.night('2025-01-02');
    const unknown = { download_count: null, lull_after_cover_id: null };
    expect(await rowOf(2)).toEqual({ ...before, ...unknown, run_order: '2', digest: null });
    expect((await harness.night('2025-01-03')).figures.counted).toBe(0);
    mend();
    harness.catalog.update('acme', artifactId(2), { download_count: 50 });
    await harness.night('2025-01-04');
    expect(await observations(2)).toEqual([
      { run: 1, downloads: 20 },
      { run: 2, downloads: null },
      { run: 4, downloads: 50 },
    ]);
    expect(await harness.rows('SELECT * FROM mirror.artifact_events')).toEqual([]);
    expect(
      await harness.rows(
        `SELECT day::text, downloads::integer, days_covered FROM report.daily_downloads WHERE artifact_id = $1
         ORDER BY day`,
        [artifactId(2)],
      ),
    ).toEqual([
      { day: '2025-01-01', downloads: null, days_covered: null },
      { day: '2025-01-04', downloads: 30, days_covered: 3 },
    ]);
  });

  it('without an id spoils the instant of its created_at alone', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-01');
    spoil(2, { id: 'no uuid' });
    harness.catalog.remove('acme', artifactId(4));
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({ state: 'certified', figures: { withdrawn: 1, added: 0, letters: 1 } });
    expect(await endings()).toEqual([{ name: 'acme/model-4', ending: 'withdrawn' }]);
  });

  it('with neither id nor created_at could be anything, so that nothing is ended', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-01');
    const mend = spoil(2, { id: 'no uuid', created_at: 'yesterday' });
    harness.catalog.remove('acme', artifactId(4));
    const run = await harness.night('2025-01-02');
    expect(run).toMatchObject({ state: 'inexact', figures: { withdrawn: 0, unproved: 2, letters: 1 } });
    expect(await endings()).toEqual([]);
    mend();
    expect(await harness.night('2025-01-03')).toMatchObject({ state: 'certified', figures: { withdrawn: 1 } });
  });

  it('with neither stands in no way where everything known is listed', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-01');
    harness.catalog.put('acme', { id: 'no uuid', created_at: 'yesterday' });
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'certified', figures: { letters: 1, added: 0 } });
  });

  it('with an id but no created_at does not hide that another artifact is gone', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-01');
    spoil(2, { created_at: 'yesterday' });
    harness.catalog.remove('acme', artifactId(4));
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'certified', figures: { withdrawn: 1 } });
    expect(await endings()).toEqual([{ name: 'acme/model-4', ending: 'withdrawn' }]);
  });

  it('is never added, and is added with its whole history ahead once it is good', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    const mend = spoil(3, { version: null });
    expect((await harness.night('2025-01-01')).figures.added).toBe(4);
    expect(await rowOf(3)).toBeUndefined();
    mend();
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ added: 1, restored: 0 });
    expect(await observations(3)).toEqual([{ run: 2, downloads: 30 }]);
  });

  it('restores an ended artifact as it was', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-01');
    harness.catalog.remove('acme', artifactId(3));
    await harness.night('2025-01-02');
    harness.catalog.put('acme', artifact(3, { name: 'acme/other', is_public: 'maybe' }));
    expect((await harness.night('2025-01-03')).figures).toMatchObject({ restored: 1, changed: 0 });
    expect(await rowOf(3)).toMatchObject({ name: 'acme/model-3', ended_at: null, ending: null });
  });

  it('counts as a listed version of its name', async () => {
    const versions = [artifact(1, { name: 'acme/one' }), artifact(2, { name: 'acme/one', version: '2.0.0' })];
    harness = await openHarness({ lists: { acme: [...versions, artifact(3)] } });
    await harness.night('2025-01-01');
    spoil(2, { download_count: -1 });
    harness.catalog.remove('acme', artifactId(1));
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ superseded: 1, withdrawn: 0 });
    expect(await endings()).toEqual([{ name: 'acme/one', ending: 'superseded' }]);
  });
});

describe.skipIf(!postgresAvailable)('the letter of a bad record', () => {
  it.each([
    ['an id', {}],
    ['no id', { id: 'no uuid' }],
  ])('is one, however many nights meet a record with %s and however its counter moves', async (_, fields) => {
    harness = await openHarness({ lists: { acme: [...artifacts(1, 3), artifact(4, { version: 4, ...fields })] } });
    for (const day of ['2025-01-01', '2025-01-02', '2025-01-03']) {
      const list = harness.catalog
        .items('acme')
        .map((item, at) => (at === 3 ? { ...item, download_count: day } : item));
      harness.catalog.setOrganization('acme', { models: list });
      expect((await harness.night(day)).figures.letters).toBe(1);
    }
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      state: 'open',
      occurrences: 3,
      run: 3,
      first_failed_at: new Date('2025-01-01T03:00:00Z'),
      last_failed_at: new Date('2025-01-03T03:00:00Z'),
    });
    expect(JSON.parse(letter?.payload ?? '')).toMatchObject({ download_count: '2025-01-03' });
  });

  it('is one where several pages show the record, and names the page that showed it last', async () => {
    harness = await openHarness({ lists: { acme: [...artifacts(1, 24), artifact(25, { version: 4 })] } });
    await harness.night('2025-01-01');
    for (let n = 1; n <= 6; n++) harness.catalog.remove('acme', artifactId(n));
    // What is gone is proved by the page that it stood on; the end of the list is read once more before it is ended.
    expect(await harness.night('2025-01-02')).toMatchObject({
      figures: { passes: 1, pages: 2, extraReads: 1, letters: 1 },
    });
    expect(await letters()).toMatchObject([{ occurrences: 2, page: 2 }]);
  });

  it('is resolved by a certified run that did not meet it again, and no other is', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    harness.catalog.update('acme', artifactId(1), { version: null });
    harness.catalog.update('acme', artifactId(2), { version: null });
    await harness.night('2025-01-01');
    harness.catalog.update('acme', artifactId(1), { version: '1.0.0' });
    await harness.night('2025-01-02');
    expect(
      await harness.rows(
        'SELECT state, resolved_by_run_id::integer AS by FROM mirror.dead_letters ORDER BY artifact_id',
      ),
    ).toEqual([
      { state: 'resolved', by: 2 },
      { state: 'open', by: null },
    ]);
  });

  it('is a new one where the last was closed', async () => {
    harness = await openHarness({ lists: { acme: [artifact(1), artifact(2, { version: null })] } });
    await harness.night('2025-01-01');
    await harness.rows(
      "UPDATE mirror.dead_letters SET state = 'discarded', discard_reason = 'known', closed_at = now()",
    );
    await harness.night('2025-01-02');
    expect(await letters()).toMatchObject([
      { state: 'discarded', occurrences: 1, run: 1 },
      { state: 'open', occurrences: 1, run: 2 },
    ]);
  });

  it('holds the source text exactly as received', async () => {
    harness = await openHarness({ lists: { acme: [] } });
    const source = `{ "id" : "${artifactId(1)}",\t"name":"acme/\\u0000\\ud800 \u{1f600}é", "version" : 1.0e0, "download_count": 12345678901234567890 }`;
    harness.catalog.script(() => ({
      act: 'raw',
      body: `{"models":[${source}],"page":1,"limit":10,"total":1,"total_pages":1,"has_next":false,"has_previous":false}`,
    }));
    await harness.night('2025-01-01');
    expect(await letters()).toMatchObject([{ payload: source, artifact_id: artifactId(1) }]);
  });

  it('is cut at 1 MiB between characters, and is the same one still when the counter moves', async () => {
    harness = await openHarness({ lists: { acme: [] } });
    for (const count of [1, 2]) {
      const long = { id: 'no uuid', notes: 'é'.repeat(LONGEST_PAYLOAD_BYTES), download_count: count };
      harness.catalog.setOrganization('acme', { models: [long] });
      await harness.night(`2025-01-0${count}`);
    }
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter?.occurrences).toBe(2);
    const bytes = Buffer.byteLength(letter?.payload ?? '');
    expect(bytes).toBeLessThanOrEqual(LONGEST_PAYLOAD_BYTES);
    expect(bytes).toBeGreaterThan(LONGEST_PAYLOAD_BYTES - 4);
    expect(letter?.payload).toMatch(/^\{"id":"no uuid","notes":"é+$/);
  });
});

describe.skipIf(!postgresAvailable)('what PostgreSQL can hold and what not', () => {
  it('is told apart record by record: long, foreign and forbidden characters', async () => {
    const good: FakeArtifact[] = [
      artifact(1, { name: `acme/${'x'.repeat(1019)}` }),
      artifact(2, { name: `acme/${'\u{1f600}'.repeat(1019)}` }),
      artifact(3, { name: 'acme/日本語 \\N \\. \t\r\n "quoted" {a,b} \u2028é' }),
      artifact(4, { notes: { 'ключ \\': ['\\', '\n', null, 1.5e300] }, origin: { 名: '\\u0041' } }),
    ];
    const bad: FakeArtifact[] = [
      artifact(5, { name: `acme/${'x'.repeat(1020)}` }),
      artifact(6, { version: 'x'.repeat(1025) }),
      artifact(7, { framework: '\u{1f600}'.repeat(1025) }),
      artifact(8, { name: 'acme/\u0000' }),
      artifact(9, { name: 'acme/\ud800' }),
      artifact(10, { notes: ['\udc00'] }),
      artifact(11, { 'key \u0000': 1 }),
      artifact(12, { origin: { deep: ['\u0000'] } }),
    ];
    harness = await openHarness({ lists: { acme: [...good, ...bad] }, pageSize: 100 });
    const run = await harness.night('2025-01-01');
    expect(run).toMatchObject({ state: 'certified', figures: { added: 4, letters: 8 } });
    const stored = await harness.rows('SELECT name, extra, origin FROM mirror.artifacts ORDER BY id');
    expect(stored).toEqual(
      good.map((one) => ({
        name: one['name'],
        origin: one['origin'] ?? null,
        extra: one['notes'] === undefined ? {} : { notes: one['notes'] },
      })),
    );
    expect(await harness.rows('SELECT artifact_id::text AS id FROM mirror.dead_letters ORDER BY artifact_id')).toEqual(
      bad.map((one) => ({ id: one['id'] })),
    );
  });
});
