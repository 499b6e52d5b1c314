import { drizzle } from 'drizzle-orm/node-postgres';
import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countListed } from '../../src/store/count-listed.ts';
import { overlapOf } from '../../src/store/overlap-of.ts';
import { showsChange } from '../../src/store/shows-change.ts';
import { distinctStagedIds } from '../../src/store/staged-facts.ts';
import { unlistedWithin } from '../../src/store/unlisted-within.ts';
import { idOf } from '../../src/walk/page-summary.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import {
  distinctIdsOf,
  doReadsShowChange,
  isInGap,
  overlapIn,
  type Situation,
  situations,
  unlistedOf,
} from './reads-model.ts';
import { type Ground, situationGround } from './situation-ground.ts';

const EVERYWHERE = [{ from: null, to: null }];

describe.skipIf(!postgresAvailable)('what a walk asks of the pages that it staged', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  /** All situations stay in the staging: no answer may be of another run's pages. */
  async function holds(check: (ground: Ground, situation: Situation) => Promise<void>): Promise<void> {
    let serial = 0;
    await fc.assert(
      fc.asyncProperty(
        situations(() => ++serial),
        async (situation) => check(await situationGround(client, situation), situation),
      ),
      { numRuns: 150 },
    );
  }

  it('counts the different ids of one reading, and of all reads together', async () => {
    await holds(async ({ run, scope }, { reads }) => {
      for (const pass of [1, 2]) {
        expect(await distinctStagedIds(client, run.runId, pass)).toBe(distinctIdsOf(reads, pass));
      }
      expect(await countListed(drizzle(client), run.runId, scope)).toMatchObject({
        listed: distinctIdsOf(reads, null),
        readings: reads.flatMap(({ items }) => items).filter((item) => idOf(item) !== null).length,
      });
    });
  });

  it('finds those of its scope that no read listed, within any gaps and at the places they have', async () => {
    await holds(async ({ run, scope }, situation) => {
      const unlisted = unlistedOf(situation);
      for (const gaps of [situation.gaps, EVERYWHERE]) {
        const within = unlisted.filter(({ createdAt }) => gaps.some((gap) => isInGap(createdAt, gap)));
        expect(await unlistedWithin(client, run.runId, scope, gaps)).toEqual({
          count: within.length,
          places: [...new Set(within.map(({ createdAt }) => createdAt))].sort(),
        });
      }
    });
  });

  it('counts what is current in its scope, what of it no read listed, and nothing that was lost meanwhile', async () => {
    let settled = 0;
    await holds(async ({ run, scope }, situation) => {
      const { organization, known } = situation;
      const current = known.filter(
        ({ owner, mirroredBy, ended }) =>
          !ended && mirroredBy === organization && (situation.includePublic || owner === organization),
      );
      const counts = await countListed(drizzle(client), run.runId, scope);
      const listed = new Set(situation.reads.flatMap(({ items }) => items.map(idOf)).filter((id) => id !== null));
      expect(counts).toMatchObject({
        outside: listed.size - current.filter(({ id }) => listed.has(id)).length,
        current: current.length,
        unlisted: unlistedOf(situation).length,
        lost: 0,
      });
      settled += counts.readings - counts.unsettled;
    });
    expect(settled).toBeGreaterThan(50);
  });

  it('compares two reads on the stretch that both show', async () => {
    await holds(async ({ run }, { reads }) => {
      for (const [left, right] of reads.flatMap((one) => reads.map((other) => [one, other] as const))) {
        if (left === right) continue;
        const seam = { left: left.summary, right: right.summary };
        const { first: leftFirst, last: leftLast } = seam.left;
        const { first: rightFirst, last: rightLast } = seam.right;
        const isUnknown = leftFirst === null || leftLast === null || rightFirst === null || rightLast === null;
        const expected = isUnknown
          ? { shared: 0, apart: 0 }
          : overlapIn(
              left,
              right,
              leftFirst > rightFirst ? leftFirst : rightFirst,
              leftLast < rightLast ? leftLast : rightLast,
            );
        expect(await overlapOf(client, run.runId, seam)).toEqual(expected);
      }
    });
  });

  it('sees a change where an extra read and another one contradict each other, in either direction', async () => {
    const seen = { changed: 0, still: 0 };
    await holds(async ({ run }, { reads }) => {
      const changed = doReadsShowChange(reads);
      seen[changed ? 'changed' : 'still'] += 1;
      expect(await showsChange(client, run.runId)).toBe(changed);
    });
    expect(Math.min(seen.changed, seen.still)).toBeGreaterThan(10);
  });

  it('names a thousand places at most, and counts them all', async () => {
    await client.query(
      `INSERT INTO mirror.artifacts (id, kind, name, owner, mirrored_by, version, framework, is_public, created_at,
                                     first_seen_at, changed_at, first_run_id)
       SELECT gen_random_uuid(), 'models', 'acme/m', 'acme', 'acme', '1', 'x', true,
              timestamptz '2024-01-01 00:00:00Z' + n * interval '1 second', now(), now(), 1
       FROM generate_series(1, 1200) AS n`,
    );
    const scope = { organization: 'acme', kind: 'models', includePublic: false };
    const { count, places } = await unlistedWithin(client, '1', scope, EVERYWHERE);
    expect([count, places.length, places[0], places.at(-1)]).toEqual([
      1200,
      1000,
      '2024-01-01T00:00:01.000000Z',
      '2024-01-01T00:16:40.000000Z',
    ]);
  });
});
