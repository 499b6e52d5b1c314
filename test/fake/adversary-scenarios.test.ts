import { describe, expect, it } from 'vitest';
import type { MovingItem } from '../../src/fake/adversary/moving-item.ts';
import { type MovingAnswer, MovingList } from '../../src/fake/adversary/moving-list.ts';
import { SCENARIOS, type ScenarioName, scenarioByName } from '../../src/fake/adversary/scenarios.ts';
import type { Happening } from '../../src/fake/adversary/truth.ts';

const SIZE = 600;
const LIMIT = 10;
const READS = 2_000;

function listOf(name: ScenarioName, seed = 1): MovingList {
  return new MovingList(scenarioByName(name), seed, { size: SIZE });
}

/** Reads for a long time, the pages of a walk again and again. */
function readOn(list: MovingList, reads = READS): readonly MovingAnswer[] {
  return Array.from({ length: reads }, (_, at) => list.read(1 + (at % (SIZE / LIMIT)), LIMIT));
}

/** One quiet reading of the whole list. */
function readAtRest(list: MovingList): readonly MovingAnswer[] {
  list.rest();
  const pages = Math.ceil(list.items().length / LIMIT);
  return Array.from({ length: pages }, (_, at) => list.read(at + 1, LIMIT));
}

/** How often something happened, in one read of a hundred. */
function percent(list: MovingList, what: Happening['what']): number {
  return (100 * list.history().filter((one) => one.what === what).length) / list.reads;
}

function isAscending(items: readonly MovingItem[]): boolean {
  return items.every(({ createdAt }, at) => at === 0 || (items[at - 1]?.createdAt ?? '') <= createdAt);
}

function idsOf(answers: readonly MovingAnswer[]): readonly string[] {
  return answers.flatMap(({ items }) => items.map(({ id }) => id));
}

/** How many items share each created_at. */
function tiesOf(items: readonly MovingItem[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const { createdAt } of items) counts.set(createdAt, (counts.get(createdAt) ?? 0) + 1);
  return [...counts.values()];
}

describe('the scenarios', () => {
  it('have names of their own, as a command line takes them, and one sentence each', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    for (const { name, sentence } of SCENARIOS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(sentence).toMatch(/^[A-Z][^.]+\.$/);
      expect(scenarioByName(name)?.sentence).toBe(sentence);
    }
    expect(scenarioByName('busier')).toBeUndefined();
  });

  const sorting = SCENARIOS.filter(({ order }) => order === 'sorted' || order === 'ties by page');
  it.each(sorting.map(({ name }) => [name] as const))('%s answers sorted pages, and in order once it rests', (name) => {
    const list = listOf(name);
    for (const { items } of readOn(list, 200)) expect(isAscending(items)).toBe(true);
    expect(isAscending(readAtRest(list).flatMap(({ items }) => items))).toBe(true);
  });

  it.each(SCENARIOS.filter(({ provable }) => provable).map(({ name }) => [name] as const))(
    '%s shows every item once in two equal passes over the list at rest: it can be proved',
    (name) => {
      const list = listOf(name);
      readOn(list, 100);
      const [one, other] = [idsOf(readAtRest(list)), idsOf(readAtRest(list))];
      expect(one).toEqual(other);
      const listed = list.items().map(({ id }) => id);
      // A tie that a page with a few more would hold may be cut by a seam.
      if (name === 'tied') expect(new Set(one).size).toBeGreaterThan(listed.length * 0.9);
      else expect([...one].sort()).toEqual(listed.sort());
    },
  );

  it('quiet: nothing happens', () => {
    const list = listOf('quiet');
    readOn(list);
    expect(list.history()).toEqual([]);
    expect(list.presentThroughout(0)).toHaveLength(SIZE);
  });

  it.each(['busy', 'offsets'] as const)('%s: a removal in every tenth read, an arrival in every third', (name) => {
    const list = listOf(name);
    readOn(list);
    expect(percent(list, 'removed')).toBeGreaterThan(8);
    expect(percent(list, 'removed')).toBeLessThan(12);
    expect(percent(list, 'arrived')).toBeGreaterThan(31);
    expect(percent(list, 'arrived')).toBeLessThan(38);
    // Those in the middle: what a list that only grows at its end has in another place.
    const order = new Map<string | null, number>();
    for (const [at, { what, id }] of list.history().entries()) if (what === 'arrived') order.set(id, at);
    const arrived = list.items().flatMap(({ id }) => order.get(id) ?? []);
    expect(arrived).not.toEqual([...arrived].sort((a, b) => a - b));
  });

  it('wild: a removal and an arrival before every read, and a total that never changes', () => {
    const list = listOf('wild');
    expect(new Set(readOn(list).map(({ total }) => total))).toEqual(new Set([SIZE]));
    expect(list.history().map(({ beforeRead, what }) => [beforeRead, what])).toEqual(
      Array.from({ length: READS }, (_, at) => [
        [at + 1, 'removed'],
        [at + 1, 'arrived'],
      ]).flat(),
    );
  });

  it('shrinking: one item fewer at every read', () => {
    expect(readOn(listOf('shrinking'), 50).map(({ total }) => total)).toEqual(
      Array.from({ length: 50 }, (_, at) => SIZE - 1 - at),
    );
  });

  it('growing: one to three items more at every read, some of them in the middle', () => {
    const list = listOf('growing');
    const totals = readOn(list).map(({ total }) => total);
    const steps = new Set(totals.map((total, at) => total - (totals[at - 1] ?? SIZE)));
    expect(steps).toEqual(new Set([1, 2, 3]));
    expect(list.presentThroughout(0)).toHaveLength(SIZE);
  });

  it('swapping: total stays, and neighbours change places, in place where they tie, else under a new id', () => {
    const list = listOf('swapping');
    expect(new Set(tiesOf(list.items()))).toEqual(new Set([2]));
    expect(new Set(readOn(list).map(({ total }) => total))).toEqual(new Set([SIZE]));
    expect(percent(list, 'swapped')).toBeGreaterThan(15);
    expect(percent(list, 'recreated')).toBeGreaterThan(15);
    expect(percent(list, 'swapped') + percent(list, 'recreated')).toBeGreaterThan(45);
    expect(percent(list, 'recreated')).toBe(percent(list, 'arrived'));
  });

  it('swapping: one that is created anew keeps its name, right behind its neighbour', () => {
    const list = listOf('swapping');
    for (let read = 0; read < 200; read++) {
      const before = list.items();
      const known = list.history().length;
      list.read(1, LIMIT);
      const happened = list.history()[known];
      if (happened?.what !== 'recreated') continue;
      const at = before.findIndex(({ id }) => id === happened.id);
      const after = list.items();
      const again = after.findIndex(({ id }) => id === happened.other);
      expect(after[again]?.name).toBe(before[at]?.name);
      // Behind its neighbour, and before or among those that came next.
      expect(again).toBeGreaterThanOrEqual(at);
      expect(again).toBeLessThanOrEqual(at + 2);
    }
  });

  it('superseding: a successor of the same name and a higher version arrives at the end in the same step', () => {
    const list = listOf('superseding');
    let superseded = 0;
    for (let read = 0; read < 200; read++) {
      const before = list.items();
      const known = list.history().length;
      expect(list.read(1, LIMIT).total).toBe(SIZE);
      const [happened, next] = list.history().slice(known);
      if (happened === undefined) continue;
      superseded += 1;
      expect(happened).toMatchObject({ what: 'superseded', other: next?.id });
      const old = before.find(({ id }) => id === happened.id);
      const successor = list.items().at(-1);
      expect(successor).toMatchObject({ id: happened.other, name: old?.name });
      expect(Number(successor?.version.split('.')[1])).toBe(Number(old?.version.split('.')[1]) + 1);
    }
    expect(superseded).toBeGreaterThan(75);
  });

  it('flickering: who goes comes back, in its place, one to four reads later', () => {
    const list = listOf('flickering');
    const before = new Map(list.items().map((item) => [item.id, item]));
    readOn(list);
    const left = new Map<string | null, number>();
    const gaps: number[] = [];
    for (const { what, id, beforeRead } of list.history()) {
      if (what === 'flickered') left.set(id, beforeRead);
      else gaps.push(beforeRead - (left.get(id) ?? Number.NaN));
    }
    expect(new Set(gaps)).toEqual(new Set([1, 2, 3, 4]));
    expect(percent(list, 'flickered')).toBeGreaterThan(45);
    for (const item of list.items()) expect(before.get(item.id)).toEqual(item);
    expect(list.items().length).toBeGreaterThan(SIZE - 5);
  });

  it('seam: what goes stood right at a seam of the page that is read, and total never changes', () => {
    const list = listOf('seam');
    let onSeam = 0;
    for (let read = 0; read < 600; read++) {
      const page = 1 + (read % (SIZE / LIMIT));
      const before = list.items();
      const known = list.history().length;
      expect(list.read(page, LIMIT).total).toBe(SIZE);
      const [gone] = list.history().slice(known);
      if (gone === undefined) continue;
      onSeam += 1;
      const seam = page === 1 ? LIMIT : (page - 1) * LIMIT;
      expect([seam - 1, seam]).toContain(before.findIndex(({ id }) => id === gone.id));
    }
    expect(onSeam).toBeGreaterThan(240);
  });

  it('late-totals: total is now that of the items, now one of another moment', () => {
    const list = listOf('late-totals');
    let lengths = [SIZE, SIZE, SIZE];
    let others = 0;
    for (let read = 1; read <= READS; read++) {
      const { total, hasNext, page } = list.read(1 + (read % 60), LIMIT);
      lengths = [list.items().length, ...lengths.slice(0, 2)];
      expect(lengths).toContain(total);
      expect(hasNext).toBe(page * LIMIT < total);
      others += Number(total !== lengths[0]);
    }
    expect(others).toBeGreaterThan(READS / 8);
  });

  it('tied: three share one created_at, and fall differently for another limit, the same way for the same', () => {
    const list = listOf('tied');
    expect(new Set(tiesOf(list.items()))).toEqual(new Set([3]));
    list.rest();
    const [one, again, other] = [40, 40, 41].map((limit) => list.read(1, limit).items.slice(0, 39));
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect(one?.map(({ createdAt }) => createdAt)).toEqual(other?.map(({ createdAt }) => createdAt));
  });

  it.each(['imported', 'tied-over-pages'] as const)('%s: more than a page shares one created_at', (name) => {
    const items = listOf(name).items();
    expect(Math.max(...tiesOf(items))).toBe(SIZE * 0.4);
    const served = new MovingList(scenarioByName(name), 1).items();
    expect(Math.max(...tiesOf(served))).toBeGreaterThan(2 * 200);
  });

  it('tied-over-pages: two passes over the list at rest are equal, and both miss the same items', () => {
    const list = listOf('tied-over-pages');
    const [one, other] = [idsOf(readAtRest(list)), idsOf(readAtRest(list))];
    expect(one).toEqual(other);
    expect(one).toHaveLength(SIZE);
    expect(new Set(one).size).toBeLessThan(SIZE * 0.9);
  });

  it('unsorted: pages are out of order', () => {
    const pages = readAtRest(listOf('unsorted'));
    expect(pages.filter(({ items }) => isAscending(items)).length).toBeLessThan(3);
  });

  it('reordering: before one read in ten the whole list falls in another order', () => {
    const list = listOf('reordering');
    const before = idsOf(readAtRest(list));
    list.move();
    readOn(list);
    expect(percent(list, 'reordered')).toBeGreaterThan(8);
    expect(percent(list, 'reordered')).toBeLessThan(12);
    const listed = new Set(idsOf(readAtRest(list)));
    const stayed = before.filter((id) => listed.has(id));
    expect(idsOf(readAtRest(list)).filter((id) => stayed.includes(id))).not.toEqual(stayed);
  });

  it('shuffled: the same page holds others each time, and nothing else happens', () => {
    const list = listOf('shuffled');
    const answers = Array.from({ length: 20 }, () => idsOf([list.read(1, LIMIT)]).join());
    expect(new Set(answers).size).toBe(20);
    expect(list.history()).toEqual([]);
    expect([...idsOf([list.read(1, 200)])].sort()).not.toEqual([...idsOf([list.read(1, 200)])].sort());
  });

  it('sorted-within-pages: every page is sorted, and every page goes back before the end of the one before it', () => {
    const pages = readAtRest(listOf('sorted-within-pages'));
    expect(pages.every(({ items }) => isAscending(items))).toBe(true);
    const backwards = pages.filter(
      ({ items }, at) => (items[0]?.createdAt ?? '') < (pages[at - 1]?.items.at(-1)?.createdAt ?? ''),
    );
    expect(backwards.length).toBeGreaterThan(pages.length * 0.9);
  });

  it('hidden-order: many pages are out of order, and who is touched moves to the end with the date it had', () => {
    const pages = readAtRest(listOf('hidden-order'));
    expect(pages.filter(({ items }) => !isAscending(items)).length).toBeGreaterThan(pages.length / 2);
    const list = listOf('hidden-order');
    let touched = 0;
    for (let read = 0; read < 200; read++) {
      const before = list.items();
      const known = list.history().length;
      list.read(1, LIMIT);
      const [happened] = list.history().slice(known);
      if (happened?.what !== 'touched') continue;
      touched += 1;
      const [item] = before.filter(({ id }) => id === happened.id);
      // Behind it at most who arrived before the same read.
      expect(list.items().slice(-2)).toContainEqual(item);
    }
    expect(touched).toBeGreaterThan(10);
    expect(touched).toBeLessThan(35);
  });
});
