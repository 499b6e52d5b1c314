import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { retireOrganization } from '../../src/store/organizations/retire-organization.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, mirrored, openHarness } from './harness.ts';
import { shared, withGuests } from './pool.ts';
import { told } from './told.ts';

const opened: Harness[] = [];
afterEach(async () => {
  for (const harness of opened.splice(0)) await harness.close();
});

async function open(options: Parameters<typeof openHarness>[0]): Promise<Harness> {
  const harness = await openHarness(options);
  opened.push(harness);
  return harness;
}

/** Which run each page of a listing is known from. One that is known on a later night keeps it; one that is read gets a new one. */
async function knownFrom(harness: Harness, organization = 'acme'): Promise<readonly number[]> {
  const rows = await harness.rows<{ run: number }>(
    'SELECT run_id::integer AS run FROM mirror.known_pages WHERE organization = $1 ORDER BY page',
    [organization],
  );
  return rows.map(({ run }) => run);
}

function createdAt(n: number): string {
  return String(artifact(n)['created_at']);
}

const PAGES = 9;
const openTwin = () => open({ lists: { acme: artifacts(1, 10 * PAGES) } });

describe.skipIf(!postgresAvailable)('a page that is listed as it was', () => {
  it('is known, and its artifacts count as listed', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    expect(await knownFrom(harness)).toEqual(Array.from({ length: PAGES }, () => 1));
    expect(await harness.night('2025-01-02')).toMatchObject({
      state: 'certified',
      figures: { listed: 90, added: 0, changed: 0, counted: 0, withdrawn: 0, restored: 0, pages: PAGES, passes: 1 },
    });
    expect(await knownFrom(harness)).toEqual(Array.from({ length: PAGES }, () => 1));
  });

  it('is known beside those that have changed, and beside those that are new', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    harness.catalog.update('acme', artifactId(25), { download_count: 999 });
    harness.catalog.put('acme', artifact(91));
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ listed: 91, added: 1, counted: 2, changed: 0 });
    expect(await knownFrom(harness)).toEqual([1, 1, 2, 1, 1, 1, 1, 1, 1, 2]);
  });

  it('is forgotten with the pages of a list that has become shorter', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    for (let n = 81; n <= 90; n += 1) harness.catalog.remove('acme', artifactId(n));
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ listed: 80, withdrawn: 10 });
    harness.catalog.update('acme', artifactId(1), { download_count: 999 });
    await harness.night('2025-01-03');
    expect(await knownFrom(harness)).toEqual([3, 1, 1, 1, 1, 1, 1, 1]);
  });

  const MEANWHILE: Readonly<Record<string, (harness: Harness) => Promise<unknown>>> = {
    'lost its digest': (harness) =>
      harness.rows('UPDATE mirror.artifacts SET digest = NULL WHERE id = $1', [artifactId(25)]),
    'was deleted': (harness) => harness.rows('DELETE FROM mirror.artifacts WHERE id = $1', [artifactId(25)]),
    'belongs to another organization': (harness) =>
      harness.rows(`UPDATE mirror.artifacts SET mirrored_by = 'rival', run_order = 2 WHERE id = $1`, [artifactId(25)]),
    'was written by a later run': (harness) =>
      harness.rows('UPDATE mirror.artifacts SET run_order = 2 WHERE id = $1', [artifactId(25)]),
  };

  it.each(Object.keys(MEANWHILE))('is read all the same where an artifact of it %s', async (what) => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    await harness.rows("SELECT setval('mirror.runs_id_seq', 2)");
    await MEANWHILE[what]?.(harness);
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'certified', runId: '3' });
    expect((await knownFrom(harness)).filter((_, index) => index !== 2)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect((await knownFrom(harness))[2]).not.toBe(1);
  });

  it('is read all the same where something else stands in its stretch, which is ended', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    await harness.rows(
      `INSERT INTO mirror.artifacts
       SELECT (jsonb_populate_record(artifact, '{"id": "00000000-0000-4000-8000-0000000000ff", "name": "acme/other", "digest": null}')).*
       FROM mirror.artifacts AS artifact WHERE id = $1`,
      [artifactId(25)],
    );
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ listed: 90, withdrawn: 1 });
  });

  it('is read all the same once its organization was retired, which restores all of it', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    await retireOrganization(harness.database.pool, 'acme', { at: harness.clock.now(), dayIn: () => '2025-01-01' });
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ listed: 90, restored: 90 });
  });

  it('is read all the same where a removal was held and what it lists is back', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    const gone = artifacts(21, 50);
    for (const { id } of gone) harness.catalog.remove('acme', String(id));
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'held' });
    for (const one of gone) harness.catalog.put('acme', one);
    await harness.night('2025-01-03');
    expect(await harness.rows('SELECT id FROM mirror.artifacts WHERE absent_since IS NOT NULL')).toEqual([]);
    expect(
      await harness.rows("SELECT count(*)::integer AS back FROM mirror.artifact_events WHERE event = 'returned'"),
    ).toEqual([{ back: 30 }]);
  });

  it('is read all the same by a run with another scope', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    harness.configure({ organizations: [withGuests('acme')] });
    await harness.night('2025-01-02');
    expect(await knownFrom(harness)).toEqual(Array.from({ length: PAGES }, () => 2));
    await harness.night('2025-01-03');
    expect(await knownFrom(harness)).toEqual(Array.from({ length: PAGES }, () => 2));
  });

  it('with a bad record on it is never known', async () => {
    const harness = await openTwin();
    await harness.night('2025-01-01');
    harness.catalog.update('acme', artifactId(25), { name: 7 });
    await harness.night('2025-01-02');
    expect((await harness.night('2025-01-03')).figures).toMatchObject({ listed: 90, letters: 1 });
    harness.catalog.update('acme', artifactId(26), { download_count: 999 });
    expect((await harness.night('2025-01-04')).figures).toMatchObject({ listed: 90, counted: 1, letters: 1 });
    expect(await knownFrom(harness)).toEqual(Array.from({ length: PAGES }, () => 1));
    harness.catalog.update('acme', artifactId(25), { name: 'acme/model-25' });
    expect((await harness.night('2025-01-05')).figures).toMatchObject({ listed: 90, changed: 0 });
    expect(await knownFrom(harness)).toEqual([1, 1, 5, 1, 1, 1, 1, 1, 1]);
  });

  it('is not known where another page shares a moment with it', async () => {
    const harness = await open({ lists: { acme: artifacts(1, 10 * PAGES) } });
    harness.catalog.update('acme', artifactId(31), { created_at: createdAt(30) });
    await harness.night('2025-01-01');
    expect(await harness.rows('SELECT page FROM mirror.known_pages ORDER BY page')).toEqual(
      [1, 2, 5, 6, 7, 8, 9].map((page) => ({ page })),
    );
    expect((await harness.night('2025-01-02')).figures).toMatchObject({ listed: 90, counted: 0, withdrawn: 0 });
  });
});

/** What may happen to a catalog between two nights; numbers are of artifacts, whoever has them. */
type Turn =
  | { readonly what: 'count' | 'spoil' | 'mend'; readonly n: number }
  | { readonly what: 'remove' | 'tie' | 'hide'; readonly n: number }
  | { readonly what: 'arrive' }
  | { readonly what: 'retire' };

const anyone = fc.integer({ min: 1, max: 60 });
/** What moves a place moves every page behind it: mostly near the end, or nothing would be known. */
const someone = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 45, max: 60 }) }, { weight: 1, arbitrary: anyone });
const turns: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constantFrom('count', 'spoil', 'mend'), n: anyone }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('remove', 'tie', 'hide'), n: someone }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('arrive') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('retire') }) },
);

interface Month {
  readonly ownerComesOn: number;
  readonly nights: readonly (readonly Turn[])[];
}

const month: fc.Arbitrary<Month> = fc.record({
  ownerComesOn: fc.integer({ min: 1, max: 7 }),
  nights: fc.array(fc.array(turns, { maxLength: 4 }), { minLength: 3, maxLength: 6 }),
});

/** Ten artifacts of each of three organizations, in turn: who lists them all has pages of its own and of others. */
const ownerOf = (n: number): string => ['solo', 'hub', 'mall'][Math.floor(n / 10) % 3] ?? 'solo';

async function turn({ catalog, database, clock }: Harness, day: number, happens: Turn): Promise<void> {
  if (happens.what === 'arrive') {
    catalog.put(ownerOf(day), artifact(100 + day, { is_public: true }, ownerOf(day)));
    return;
  }
  if (happens.what === 'retire') {
    await retireOrganization(database.pool, 'hub', { at: clock.now(), dayIn: () => dayOf(day) });
    return;
  }
  const owner = ownerOf(happens.n);
  const id = artifactId(happens.n, owner);
  const isListed = catalog.items(owner).some((item) => item['id'] === id);
  switch (happens.what) {
    case 'remove':
      // One that is gone comes back as it was.
      if (isListed) catalog.remove(owner, id);
      else catalog.put(owner, artifact(happens.n, { is_public: true }, owner));
      break;
    case 'count':
      if (isListed) catalog.update(owner, id, { download_count: 1_000 * (day % 3) });
      break;
    case 'spoil':
      if (isListed) catalog.update(owner, id, { name: 7 });
      break;
    case 'mend':
      if (isListed) catalog.update(owner, id, { name: `${owner}/model-${happens.n}` });
      break;
    case 'tie':
      if (isListed) catalog.update(owner, id, { created_at: createdAt(happens.n + 1) });
      break;
    case 'hide':
      if (isListed) catalog.update(owner, id, { is_public: false });
      break;
  }
}

const dayOf = (number: number): string => `2025-01-${String(number).padStart(2, '0')}`;

/** @param forgets has nothing known on any night, so that every page is looked at item by item */
async function play(
  { ownerComesOn, nights }: typeof month extends fc.Arbitrary<infer T> ? T : never,
  forgets: boolean,
) {
  const listOf = (owner: string) => shared(1, 60, owner).filter((_, index) => ownerOf(index + 1) === owner);
  const harness = await openHarness({
    lists: { hub: listOf('hub'), mall: listOf('mall'), solo: listOf('solo') },
    organizations: [withGuests('hub'), withGuests('mall')],
    pageSize: 4,
  });
  try {
    harness.configure({ maxRemoval: 0.05 });
    let known = 0;
    for (let day = 1; day <= nights.length + 1; day += 1) {
      for (const happens of nights[day - 2] ?? []) await turn(harness, day, happens);
      const isOwnerThere = day >= ownerComesOn;
      if (isOwnerThere) {
        harness.configure({ organizations: [mirrored('solo'), withGuests('hub'), withGuests('mall')] });
      }
      for (const organization of isOwnerThere ? ['hub', 'solo', 'mall'] : ['hub', 'mall']) {
        if (forgets) await harness.rows('DELETE FROM mirror.known_pages');
        await harness.night(dayOf(day), organization);
        const [row] = await harness.rows<{ known: number }>(
          `SELECT count(*)::integer AS known FROM mirror.known_pages
           WHERE organization = $1 AND run_id < (SELECT max(id) FROM mirror.runs)`,
          [organization],
        );
        known += row?.known ?? 0;
      }
    }
    const runs = await harness.rows(
      `SELECT organization, day::text, state, listed, added, changed, counted, superseded, withdrawn, restored, unproved,
              letters, passes, extra_reads, proof
       FROM mirror.runs ORDER BY id`,
    );
    const letters = await harness.rows('SELECT error_class, state, detail FROM mirror.dead_letters ORDER BY id');
    return { known, told: { ...(await told(harness)), runs, letters } };
  } finally {
    await harness.close();
  }
}

describe.skipIf(!postgresAvailable)('a month in which pages are known', () => {
  it('tells the same as one in which every item is looked at', { timeout: 240_000 }, async () => {
    let known = 0;
    await fc.assert(
      fc.asyncProperty(month, async (history) => {
        const remembered = await play(history, false);
        known += remembered.known;
        expect(remembered.told).toEqual((await play(history, true)).told);
      }),
      { numRuns: 25, seed: 20250115, endOnFailure: true },
    );
    // Else nothing was compared.
    expect(known).toBeGreaterThan(500);
  });
});
