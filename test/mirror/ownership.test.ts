import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, mirrored, openHarness } from './harness.ts';
import { events, observations, shared, speakers, withGuests } from './pool.ts';
import { placeStops, type Turnstile } from './turnstile.ts';

let harness: Harness;
let turnstile: Turnstile | null = null;
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  await harness.close();
});

describe.skipIf(!postgresAvailable)('an artifact whose owner is mirrored', () => {
  it.each([
    ['after the owner', ['acme', 'hub']],
    ['before the owner', ['hub', 'acme']],
  ])('is left alone by a guest run %s', async (_, order) => {
    harness = await openHarness({
      lists: { acme: shared(1, 3, 'acme'), hub: artifacts(1, 2, 'hub') },
      organizations: [mirrored('acme'), withGuests('hub')],
    });
    for (const organization of order) {
      expect(await harness.night('2025-01-01', organization)).toMatchObject({
        state: 'certified',
        figures: { added: organization === 'acme' ? 3 : 2 },
      });
    }
    expect(await speakers(harness)).toEqual([
      { owner: 'acme', mirrored_by: 'acme', artifacts: 3 },
      { owner: 'hub', mirrored_by: 'hub', artifacts: 2 },
    ]);
    harness.catalog.update('acme', artifactId(1), { download_count: 77, framework: 'gguf' });
    expect((await harness.night('2025-01-02', 'hub')).figures).toMatchObject({ changed: 0, counted: 0 });
    expect(await harness.rows('SELECT * FROM mirror.artifact_events')).toEqual([]);
    expect((await harness.night('2025-01-02', 'acme')).figures).toMatchObject({ changed: 1, counted: 1 });
    expect(await harness.rows('SELECT count(*)::integer AS count FROM mirror.download_observations')).toEqual([
      { count: 6 },
    ]);
  });

  it('is taken over by the owner from whom had it as a guest, with an observation though the counter is the same', async () => {
    harness = await openHarness({
      lists: { acme: shared(1, 3, 'acme'), hub: artifacts(1, 2, 'hub') },
      organizations: [withGuests('hub')],
    });
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [mirrored('acme'), withGuests('hub')] });
    expect(await harness.night('2025-01-02', 'acme')).toMatchObject({
      state: 'certified',
      figures: { added: 0, changed: 3, counted: 3, restored: 0 },
    });
    expect(await speakers(harness)).toEqual([
      { owner: 'acme', mirrored_by: 'acme', artifacts: 3 },
      { owner: 'hub', mirrored_by: 'hub', artifacts: 2 },
    ]);
    expect(await observations(harness, artifactId(1))).toEqual([
      { run: 1, downloads: 10 },
      { run: 2, downloads: 10 },
    ]);
    expect(await harness.rows('SELECT DISTINCT event, changes FROM mirror.artifact_events')).toEqual([
      { event: 'changed', changes: { mirrored_by: ['hub', 'acme'] } },
    ]);
    harness.catalog.remove('acme', artifactId(2));
    expect(await harness.night('2025-01-03', 'hub')).toMatchObject({
      state: 'certified',
      figures: { withdrawn: 0, changed: 0, counted: 0 },
    });
    expect((await harness.night('2025-01-03', 'acme')).figures).toMatchObject({ withdrawn: 1, changed: 0 });
    expect(
      await harness.rows(
        `SELECT day::text, organization FROM report.daily_downloads WHERE artifact_id = $1 ORDER BY day`,
        [artifactId(1)],
      ),
    ).toEqual([
      { day: '2025-01-01', organization: 'hub' },
      { day: '2025-01-02', organization: 'acme' },
      { day: '2025-01-03', organization: 'acme' },
    ]);
  });

  it('is taken over by a record that is bad, too', async () => {
    harness = await openHarness({
      lists: { acme: shared(1, 2, 'acme'), hub: [] },
      organizations: [withGuests('hub')],
    });
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [mirrored('acme'), withGuests('hub')] });
    harness.catalog.update('acme', artifactId(1), { name: null });
    await harness.night('2025-01-02', 'acme');
    expect(await speakers(harness)).toEqual([{ owner: 'acme', mirrored_by: 'acme', artifacts: 2 }]);
  });

  it('is not taken from its owner by an organization whose kinds do not include it', async () => {
    harness = await openHarness({
      lists: { acme: shared(1, 2, 'acme'), hub: [] },
      organizations: [mirrored('acme', { kinds: ['datasets'] }), withGuests('hub')],
    });
    await harness.night('2025-01-01', 'hub');
    expect(await speakers(harness)).toEqual([{ owner: 'acme', mirrored_by: 'hub', artifacts: 2 }]);
  });
});

describe.skipIf(!postgresAvailable)('an artifact whose owner is not mirrored', () => {
  it('is mirrored by the first that listed it, and counted once however many list it', async () => {
    harness = await openHarness({
      lists: { solo: shared(1, 3, 'solo'), hub: [], mall: [] },
      organizations: [withGuests('hub'), withGuests('mall')],
    });
    await harness.night('2025-01-01', 'hub');
    expect((await harness.night('2025-01-01', 'mall')).figures).toMatchObject({ listed: 3, added: 0, counted: 0 });
    expect(await speakers(harness)).toEqual([{ owner: 'solo', mirrored_by: 'hub', artifacts: 3 }]);
    harness.catalog.remove('solo', artifactId(2, 'solo'));
    expect((await harness.night('2025-01-02', 'mall')).figures).toMatchObject({ withdrawn: 0 });
    expect((await harness.night('2025-01-02', 'hub')).figures).toMatchObject({ withdrawn: 1 });
  });

  it('is left to the winner where two first-timers apply at the same moment', async () => {
    harness = await openHarness({
      lists: { solo: shared(1, 25, 'solo'), hub: [], mall: [] },
      organizations: [withGuests('hub'), withGuests('mall')],
    });
    turnstile = await placeStops(harness.database, ['AFTER INSERT ON mirror.artifacts']);
    const first = harness.attempt('hub');
    const { stop } = await turnstile.arrival();
    const second = harness.attempt('mall');
    await someoneWaitsForTheirTurn();
    await turnstile.open(stop);
    expect(await first).toMatchObject({ run: { state: 'certified', figures: { added: 25 } } });
    expect(await second).toMatchObject({ run: { state: 'certified', figures: { added: 0, changed: 0, counted: 0 } } });
    expect(await speakers(harness)).toEqual([{ owner: 'solo', mirrored_by: 'hub', artifacts: 25 }]);
    expect(await harness.rows('SELECT count(*)::integer AS count FROM mirror.download_observations')).toEqual([
      { count: 25 },
    ]);
    expect(await harness.rows('SELECT * FROM mirror.artifact_events')).toEqual([]);
  });

  it('is not ended by whom it was taken from while the ending waited', async () => {
    harness = await openHarness({
      lists: { acme: shared(1, 3, 'acme'), hub: [] },
      organizations: [withGuests('hub')],
    });
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [mirrored('acme'), withGuests('hub')] });
    // The hub no longer sees number 2; its owner takes it over at that moment.
    harness.catalog.script((request) =>
      request.organization === 'hub'
        ? { act: 'list', list: (sorted) => sorted.filter((item) => item['id'] !== artifactId(2)) }
        : undefined,
    );
    turnstile = await placeStops(harness.database, ['AFTER UPDATE ON mirror.artifacts']);
    harness.clock.set('2025-01-02T03:00:00Z');
    const owner = harness.attempt('acme');
    await turnstile.arrival();
    harness.configure({ pool: turnstile.passingPool });
    const hub = harness.attempt('hub');
    await someoneWaitsForTheirTurn();
    await turnstile.open('AFTER UPDATE ON mirror.artifacts');
    expect(await owner).toMatchObject({ run: { state: 'certified', figures: { changed: 3 } } });
    expect(await hub).toMatchObject({ run: { state: 'certified', figures: { withdrawn: 0 } } });
    expect(await speakers(harness)).toEqual([{ owner: 'acme', mirrored_by: 'acme', artifacts: 3 }]);
  });

  it('is adopted, once it has ended, by the first run that lists it again', async () => {
    harness = await openHarness({
      lists: { solo: shared(1, 3, 'solo'), hub: [], mall: [] },
      organizations: [withGuests('hub'), withGuests('mall')],
    });
    await harness.night('2025-01-01', 'hub');
    harness.catalog.remove('solo', artifactId(2, 'solo'));
    await harness.night('2025-01-02', 'hub');
    harness.catalog.put('solo', { ...artifact(2, { is_public: true }, 'solo') });
    expect((await harness.night('2025-01-03', 'mall')).figures).toMatchObject({ restored: 1, counted: 1, added: 0 });
    expect((await harness.night('2025-01-03', 'hub')).figures).toMatchObject({ restored: 0, changed: 0 });
    expect(await speakers(harness)).toEqual([
      { owner: 'solo', mirrored_by: 'hub', artifacts: 2 },
      { owner: 'solo', mirrored_by: 'mall', artifacts: 1 },
    ]);
    expect(await observations(harness, artifactId(2, 'solo'))).toEqual([
      { run: 1, downloads: 20 },
      { run: 3, downloads: 20 },
    ]);
    expect(await events(harness, artifactId(2, 'solo'))).toEqual([
      { event: 'withdrawn', changes: null },
      { event: 'restored', changes: null },
      { event: 'changed', changes: { mirrored_by: ['hub', 'mall'] } },
    ]);
  });

  it('is neither ended nor covered by a run without include_public', async () => {
    harness = await openHarness({
      lists: { solo: shared(1, 2, 'solo'), hub: artifacts(1, 2, 'hub') },
      organizations: [withGuests('hub')],
    });
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [mirrored('hub')] });
    harness.catalog.update('solo', artifactId(1, 'solo'), { download_count: 110 });
    expect(await harness.night('2025-01-02', 'hub')).toMatchObject({
      state: 'certified',
      figures: { listed: 2, passes: 1, withdrawn: 0 },
    });
    expect(await speakers(harness)).toEqual([
      { owner: 'hub', mirrored_by: 'hub', artifacts: 2 },
      { owner: 'solo', mirrored_by: 'hub', artifacts: 2 },
    ]);
    harness.configure({ organizations: [withGuests('hub')] });
    harness.catalog.remove('solo', artifactId(2, 'solo'));
    expect((await harness.night('2025-01-03', 'hub')).figures).toMatchObject({ withdrawn: 1, counted: 1 });
    expect(
      await harness.rows(
        `SELECT day::text, downloads::integer, days_covered FROM report.daily_downloads WHERE artifact_id = $1
         ORDER BY day`,
        [artifactId(1, 'solo')],
      ),
    ).toEqual([
      { day: '2025-01-01', downloads: null, days_covered: null },
      { day: '2025-01-03', downloads: 100, days_covered: 2 },
    ]);
  });
});

describe.skipIf(!postgresAvailable)('an artifact whose name shows no owner', () => {
  it('belongs to the organization that listed it, and no other run takes it', async () => {
    harness = await openHarness({
      lists: { acme: [artifact(1, { name: 'plain', is_public: true })], hub: [] },
      organizations: [mirrored('acme'), withGuests('hub')],
    });
    await harness.night('2025-01-01', 'acme');
    expect((await harness.night('2025-01-01', 'hub')).figures).toMatchObject({ listed: 1, changed: 0, counted: 0 });
    expect(await speakers(harness)).toEqual([{ owner: 'acme', mirrored_by: 'acme', artifacts: 1 }]);
    expect((await harness.night('2025-01-02', 'acme')).figures).toMatchObject({ changed: 0, counted: 0 });
  });
});

/** Resolves once an apply waits for its turn (src/store/apply/take-turn.ts), behind the one that stands at a stop. */
async function someoneWaitsForTheirTurn(): Promise<void> {
  for (;;) {
    const waiting = await harness.rows(
      `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`,
    );
    // One stands at the stop.
    if (waiting.length > 1) return;
  }
}
