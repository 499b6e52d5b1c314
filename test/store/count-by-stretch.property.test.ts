import { drizzle } from 'drizzle-orm/node-postgres';
import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { countByStretch } from '../../src/store/count-by-stretch.ts';
import { countListed } from '../../src/store/count-listed.ts';
import { type Expected, stagePages } from '../../src/store/stage-pages.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, inexactNight, openNight } from './apply-ground.ts';
import { artifactId, bad, good, goodRecord, identity, instant, naming, pageOf } from './ground.ts';

/** One item of a page: an artifact by its number, as the mirror has it or otherwise. */
interface Listed {
  readonly n: number;
  readonly how: 'same' | 'moved' | 'elsewhere' | 'bad' | 'nameless';
}

interface Case {
  /** What the mirror has, and what was done to it since: nothing mostly. */
  readonly stored: readonly {
    readonly n: number;
    readonly state: 'current' | 'ended' | 'absent' | 'rival' | 'guest';
  }[];
  readonly pages: readonly (readonly Listed[])[];
  readonly expects: Expected;
  readonly includePublic: boolean;
}

const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
const state = fc.oneof(
  { weight: 40, arbitrary: fc.constant('current' as const) },
  { weight: 1, arbitrary: fc.constantFrom('ended' as const, 'absent' as const, 'rival' as const, 'guest' as const) },
);
const how = fc.oneof(
  { weight: 30, arbitrary: fc.constant('same' as const) },
  { weight: 10, arbitrary: fc.constant('moved' as const) },
  { weight: 1, arbitrary: fc.constantFrom('elsewhere' as const, 'bad' as const, 'nameless' as const) },
);

/**
 * The numbers in order, cut into pages; now and then one is missing, or listed once more, beside itself or in place
 * of 6, or two have changed places. */
const pages = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 13 }), fc.constantFrom('drop', 'again')), { maxLength: 2 }),
    fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    fc.array(how, { minLength: 14, maxLength: 14 }),
    fc.oneof({ weight: 3, arbitrary: fc.constant(6) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) }),
    fc.option(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 })), { freq: 4 }),
  )
  .map(([changes, cuts, hows, sixth, exchanged]) => {
    const list = Array.from({ length: 13 }, (_, n) => n).flatMap((n) => {
      const change = changes.find(([number]) => number === n)?.[1];
      return change === 'drop' ? [] : change === 'again' ? [n, n] : [n];
    });
    if (exchanged !== null) {
      const [one = 0, other = 0] = exchanged.map((place) => place % list.length);
      [list[one], list[other]] = [list[other] ?? 0, list[one] ?? 0];
    }
    const ends = [...new Set([...cuts, list.length])].sort((a, b) => a - b);
    return ends.map((end, index) =>
      list.slice(ends[index - 1] ?? 0, end).map((n, place): Listed => {
        if (n === 6 && sixth !== 6) return { n: sixth, how: 'elsewhere' };
        return { n, how: hows[(n + place) % 14] ?? 'same' };
      }),
    );
  });

const cases: fc.Arbitrary<Case> = fc.record({
  stored: fc
    .tuple(fc.subarray(numbers, { minLength: 8 }), fc.array(state, { minLength: 12, maxLength: 12 }))
    .map(([some, states]) => some.map((n, index) => ({ n, state: states[index] ?? 'current' }))),
  pages,
  expects: fc.constantFrom<Expected>('settled', 'settled', 'mixed', 'mixed', 'new'),
  includePublic: fc.boolean(),
});

const CHANGE = {
  ended: `ended_at = first_seen_at, ending = 'withdrawn'`,
  absent: 'absent_since = first_seen_at',
  rival: `mirrored_by = 'rival'`,
  guest: `owner = 'solo'`,
};

function itemOf({ n, how: as }: Listed): PageItem {
  const { createdAt } = goodRecord(n);
  switch (as) {
    case 'same':
      return good(n);
    case 'moved':
      return good(n, { downloadCount: 999 });
    case 'elsewhere':
      return good(n, { createdAt: instant('2024-01-01T00:00:06Z') });
    case 'bad':
      return bad({ id: artifactId(n), createdAt });
    case 'nameless':
      return bad({ createdAt });
  }
}

describe.skipIf(!postgresAvailable)('counts by stretch', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  it('are those of a look at every id, wherever they can be said', { timeout: 120_000 }, async () => {
    let told = 0;
    let withStaged = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ stored, pages: listed, expects, includePublic }) => {
        await client.query(
          `TRUNCATE mirror.runs, mirror.artifacts, mirror.download_observations, mirror.artifact_events, mirror.covers,
             mirror.daily_stale, mirror.staged_pages, mirror.staged_artifacts, mirror.staged_bad_records`,
        );
        const first = await openNight(client, [[stored.map(({ n }) => good(n)), { limit: 20 }]]);
        await closeNight(client, first, inexactNight(null));
        for (const { n, state: now } of stored) {
          if (now === 'current') continue;
          await client.query(`UPDATE mirror.artifacts SET ${CHANGE[now]} WHERE id = $1`, [artifactId(n)]);
        }
        const scope = identity({ includePublic });
        const run = await openNight(client, [], { includePublic });
        const answers = listed.map((items, index) => pageOf(items.map(itemOf), { page: index + 1, limit: 20 }));
        expect(await stagePages(client, run, answers, naming, expects)).not.toBeNull();
        const counts = await countByStretch(drizzle(client), run.runId, scope);
        if (counts === null) return;
        told += 1;
        if (counts.unsettled > 0) withStaged += 1;
        const looked = await countListed(drizzle(client), run.runId, scope);
        // Those of another organization are in no scope, settled or not: the apply looks whether anything was taken.
        const outside = counts.outside + counts.current - looked.current;
        expect({ ...counts, current: looked.current, lost: looked.lost, outside }).toEqual(looked);
        if (counts.current === looked.current) expect(looked.lost).toBe(0);
      }),
      { numRuns: 600, seed: 20250115, endOnFailure: true },
    );
    expect(told).toBeGreaterThan(25);
    expect(withStaged).toBeGreaterThan(15);
  });
});
