import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MovingList } from '../../src/fake/adversary/moving-list.ts';
import { mulberry32 } from '../../src/fake/adversary/random.ts';
import { SCENARIOS, type Scenario } from '../../src/fake/adversary/scenarios.ts';
import type { RunSummary } from '../../src/mirror/types.ts';
import { type Harness, mirrored, openHarness } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';

/** Of every scenario so many lists: more than 200 together. */
const LISTS = 12;
const SIDE_BY_SIDE = 3;

interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

let harness: Harness;
beforeAll(async () => {
  if (!postgresAvailable) return;
  harness = await openHarness({ lists: {}, pageSize: 10 });
  harness.configure({ maxRemoval: 1, maxExtraReads: 5 });
});
afterAll(async () => {
  if (postgresAvailable) await harness.close();
});

/** An organization of its own for each list: they share the database and the catalog, and nothing else. */
async function mirrorOnce(organization: string): Promise<RunSummary> {
  const outcome = await harness.attempt(organization);
  if (outcome.status !== 'closed') throw new Error(`the run of ${organization} is ${outcome.status}`);
  return outcome.run;
}

const current = (organization: string) =>
  harness.rows<Row>(
    `SELECT id::text, name, version FROM mirror.artifacts
     WHERE mirrored_by = $1 AND ended_at IS NULL ORDER BY id`,
    [organization],
  );

/** What a mirror may rely on after one night over a list that moved, and what it must be after a quiet one. */
async function playThreeNights(scenario: Scenario, number: number): Promise<{ certified: boolean; ended: number }> {
  const organization = `${scenario.name}-${number}`;
  const random = mulberry32(number);
  const list = new MovingList(scenario, number, { size: 20 + random.below(140), owner: organization });
  harness.catalog.setMovingList(organization, list);
  list.rest();
  await mirrorOnce(organization);
  const before = await current(organization);

  list.move();
  const since = list.reads;
  const moving = await mirrorOnce(organization);
  const after = new Set((await current(organization)).map(({ id }) => id));
  const ended = before.filter(({ id }) => !after.has(id)).map(({ id }) => id);
  const throughout = new Set(list.presentThroughout(since));
  expect(
    ended.filter((id) => throughout.has(id)),
    `${organization}: listed throughout, and ended`,
  ).toEqual([]);
  if (moving.state === 'certified') {
    const absent = list.absentThroughout(
      before.map(({ id }) => id),
      since,
    );
    expect(
      absent.filter((id) => after.has(id)),
      `${organization}: absent throughout, and current`,
    ).toEqual([]);
  }

  if (scenario.name === 'superseding') {
    // Every version that goes has its successor behind it in the list: the tail is read again before anything is ended.
    expect(moving.figures, organization).toMatchObject({ withdrawn: 0, superseded: ended.length });
  }

  list.rest();
  const quiet = await mirrorOnce(organization);
  const listed = list
    .items()
    .map(({ id, name, version }): Row => ({ id, name, version }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const rows = await current(organization);
  if (scenario.provable) {
    expect(quiet, organization).toMatchObject({ state: 'certified' });
    expect(rows, organization).toEqual(listed);
  } else {
    // Such a server is never proved, unless one page holds the list: then nothing is ended, and nothing more is asked.
    const mirroredIds = new Set(rows.map(({ id }) => id));
    expect(before.filter(({ id }) => throughout.has(id) && !mirroredIds.has(id))).toEqual([]);
  }
  return { certified: moving.state === 'certified', ended: ended.length };
}

describe.skipIf(!postgresAvailable)('a mirror held against the adversary, over HTTP and on PostgreSQL', () => {
  it.each(SCENARIOS)('ends nothing that a $name list has, and equals it after a quiet night', async (scenario) => {
    const numbers = Array.from({ length: LISTS }, (_, n) => n + 1);
    harness.configure({ organizations: numbers.map((n) => mirrored(`${scenario.name}-${n}`)) });
    const slots = pLimit(SIDE_BY_SIDE);
    const nights = await Promise.all(numbers.map((n) => slots(playThreeNights, scenario, n)));
    const certified = nights.filter((night) => night.certified).length;
    const ended = nights.reduce((sum, night) => sum + night.ended, 0);
    console.log(`${scenario.name}: ${certified} of ${LISTS} moving nights certified, ${ended} artifacts ended.`);
  });
});
