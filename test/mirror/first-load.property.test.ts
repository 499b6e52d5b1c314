import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import { readTables } from '../end-to-end/state-of-mirror.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, type Harness, mirrored, openHarness } from './harness.ts';
import { withGuests } from './pool.ts';

/** What may happen to a list just before the catalog answers a request. */
interface Happening {
  readonly request: number;
  readonly what: 'remove' | 'arrive' | 'slip in' | 'count' | 'count all' | 'spoil all' | 'rename';
  readonly n: number;
}

interface Situation {
  readonly size: number;
  /** Numbers of artifacts that others own, that show no owner, that break the contract, and that a hub lists as well. */
  readonly foreign: readonly number[];
  readonly ownerless: readonly number[];
  readonly bad: readonly number[];
  readonly atHub: readonly number[];
  /** Whether the hub's list is mirrored before, so that some are known. */
  readonly hubCameFirst: boolean;
  readonly whileReading: readonly Happening[];
  readonly concurrency: number;
}

const SIZE = 45;
const numbers = (maxLength: number) => fc.array(fc.integer({ min: 1, max: SIZE }), { maxLength });
const situation: fc.Arbitrary<Situation> = fc.record({
  size: fc.integer({ min: 1, max: SIZE }),
  foreign: numbers(2),
  ownerless: numbers(2),
  bad: numbers(2),
  atHub: numbers(3),
  hubCameFirst: fc.boolean(),
  whileReading: fc.array(
    fc.record({
      request: fc.integer({ min: 2, max: 14 }),
      what: fc.constantFrom('remove', 'remove', 'arrive', 'slip in', 'count all', 'count all', 'spoil all', 'rename'),
      n: fc.integer({ min: 1, max: SIZE }),
    }),
    { maxLength: 4 },
  ),
  concurrency: fc.constantFrom(1, 1, 1, 2),
});

function happen({ catalog }: Harness, { what, n }: Happening): void {
  const id = artifactId(n);
  if (what === 'arrive') catalog.put('acme', artifact(100 + n));
  else if (what === 'slip in')
    catalog.put('acme', { ...artifact(200 + n), created_at: artifact(n)['created_at'] ?? null });
  else if (what === 'count all') {
    for (const item of catalog.items('acme')) catalog.update('acme', String(item['id']), { download_count: 5_000 + n });
  } else if (what === 'spoil all') {
    for (const item of catalog.items('acme')) catalog.update('acme', String(item['id']), { version: n });
  } else if (!catalog.items('acme').some((item) => item['id'] === id)) return;
  else if (what === 'remove') catalog.remove('acme', id);
  else if (what === 'count') catalog.update('acme', id, { download_count: 9_000 + n });
  else catalog.update('acme', id, { name: `acme/renamed-${n}` });
}

/** How many artifacts a load has added, and how many came through the staging tables. */
interface Ways extends Record<string, unknown> {
  readonly loaded: number;
  readonly merged: number;
}

/** A load writes each batch in a subtransaction of its own, and what comes behind it in another: the rows show by whom. */
const WAYS = `
  SELECT (count(*) FILTER (WHERE artifact.xmin NOT IN (cover.xmin, run.xmin)))::integer AS loaded,
         (count(*) FILTER (WHERE artifact.xmin IN (cover.xmin, run.xmin)))::integer AS merged
  FROM mirror.artifacts AS artifact
  JOIN mirror.covers AS cover ON cover.run_id = artifact.first_run_id
  JOIN mirror.runs AS run ON run.id = artifact.first_run_id
  WHERE cover.organization = 'acme'`;

/** What is told of an item without reading it, and what must be read first. */
const WHOLE = { framework: 'pytorch', is_public: true, origin: { source: 'upload', revision: 7 } };
const ODD: readonly FakeArtifact[] = [
  {},
  { ...WHOLE, tags: ['möd', 'a "quoted" one\\'], score: 0.25 },
  { ...WHOLE, origin: null, size: 1e21, share: 1e-7 },
  { ...WHOLE, more: { '': [null, -0.5, {}] } },
];

/** @param loadsFrom so many items must a list have that is applied while it is read */
async function play(given: Situation, loadsFrom: number) {
  const one = (n: number) => ({ ...ODD[n % ODD.length], ...listed(n) });
  const listed = (n: number) => {
    if (given.foreign.includes(n)) return artifact(n, { name: `rival/model-${n}` });
    if (given.ownerless.includes(n)) return artifact(n, { name: `model-${n}` });
    return artifact(n, given.bad.includes(n) ? { framework: 7 } : {});
  };
  const harness = await openHarness({
    lists: {
      acme: Array.from({ length: given.size }, (_, index) => one(index + 1)),
      hub: given.atHub.map((n) => artifact(n, { is_public: true, version: '0.9.0' })),
    },
    organizations: given.hubCameFirst ? [withGuests('hub')] : [mirrored('acme'), withGuests('hub')],
    pageSize: 5,
  });
  try {
    harness.configure({ loadsFrom, pageConcurrency: given.concurrency });
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [mirrored('acme'), withGuests('hub')] });
    const before = harness.catalog.requests.length;
    const restore = harness.catalog.script(({ number }) => {
      for (const each of given.whileReading) if (before + each.request === number) happen(harness, each);
      return undefined;
    });
    // Side by side the moments of a list that moves are chance: what is compared must not be.
    if (given.concurrency > 1) restore();
    await harness.night('2025-01-02', 'acme');
    restore();
    const [ways = { loaded: 0, merged: 0 }] = await harness.rows<Ways>(WAYS);
    const first = await readTables(harness.database.pool);
    for (const n of [1, 2, 3]) happen(harness, { request: 0, what: 'count', n });
    await harness.night('2025-01-03');
    return { ways, first, second: await readTables(harness.database.pool) };
  } finally {
    await harness.close();
  }
}

describe.skipIf(!postgresAvailable)('a first load that is applied while it is read', () => {
  it('comes to the same as one that is staged, whatever the list does meanwhile', { timeout: 300_000 }, async () => {
    const met = { loads: 0, besideStaged: 0 };
    await fc.assert(
      fc.asyncProperty(situation, async (given) => {
        const [loaded, staged] = [await play(given, 1), await play(given, Number.MAX_SAFE_INTEGER)];
        expect(loaded.first).toEqual(staged.first);
        expect(loaded.second).toEqual(staged.second);
        expect(staged.ways.loaded).toBe(0);
        if (loaded.ways.loaded > 0) met.loads += 1;
        if (loaded.ways.loaded > 0 && loaded.ways.merged > 0) met.besideStaged += 1;
      }),
      { numRuns: 60, seed: 20250118, endOnFailure: true },
    );
    // Else nothing was compared.
    expect(met.loads).toBeGreaterThan(25);
    expect(met.besideStaged).toBeGreaterThan(10);
  });
});
