import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MovingAnswer, MovingList } from '../../src/fake/adversary/moving-list.ts';
import { SCENARIOS, type Scenario, scenarioByName } from '../../src/fake/adversary/scenarios.ts';

const EVERY = SCENARIOS.map((scenario) => [scenario.name, scenario] as const);
const LIMIT = 10;

/** Reads page after page to the end, or `most` pages. */
function walk(list: MovingList, limit = LIMIT, most = 100): readonly MovingAnswer[] {
  const answers: MovingAnswer[] = [];
  for (let page = 1; page <= most; page++) {
    const answer = list.read(page, limit);
    answers.push(answer);
    if (!answer.hasNext) break;
  }
  return answers;
}

const scenario = fc.constantFrom<Scenario>(...SCENARIOS);
const seed = fc.integer();
const size = fc.integer({ min: 0, max: 60 });
const reads = fc.array(
  fc.record({
    page: fc.integer({ min: 1, max: 9 }),
    limit: fc.integer({ min: 1, max: 30 }),
    direction: fc.constantFrom('asc', 'desc'),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('a moving list', () => {
  it('gives the same answers to the same reads, and has the same history, where the seed is the same', () => {
    fc.assert(
      fc.property(scenario, seed, size, reads, (given, number, items, asked) => {
        const one = new MovingList(given, number, { size: items });
        const other = new MovingList(given, number, { size: items });
        for (const { page, limit, direction } of asked) {
          expect(one.read(page, limit, direction)).toEqual(other.read(page, limit, direction));
        }
        expect(one.history()).toEqual(other.history());
        expect(one.items()).toEqual(other.items());
      }),
      { numRuns: 300 },
    );
  });

  it.each(EVERY)('of scenario %s is another one for another seed', (_, given) => {
    const ids = [1, 2].map((number) => new MovingList(given, number, { size: 30 }).items().map(({ id }) => id));
    expect(new Set(ids.flat()).size).toBe(60);
  });

  it('knows who was listed throughout, and who at no moment, as a recording of every moment does', () => {
    let present = 0;
    let absent = 0;
    fc.assert(
      fc.property(scenario, seed, reads, fc.nat(40), (given, number, asked, sinceSeed) => {
        const list = new MovingList(given, number, { size: 60 });
        const moments = [new Set(list.items().map(({ id }) => id))];
        for (const { page, limit, direction } of asked) {
          list.read(page, limit, direction);
          moments.push(new Set(list.items().map(({ id }) => id)));
        }
        const since = sinceSeed % moments.length;
        const seen = moments.slice(since);
        const all = [...new Set(moments.flatMap((ids) => [...ids])), 'never heard of'];
        const throughout = all.filter((id) => seen.every((ids) => ids.has(id)));
        const never = all.filter((id) => seen.every((ids) => !ids.has(id)));
        expect([...list.presentThroughout(since)].sort()).toEqual(throughout.sort());
        expect([...list.absentThroughout(all, since)].sort()).toEqual(never.sort());
        present += throughout.length;
        absent += never.length - 1;
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(present).toBeGreaterThan(1_000);
    expect(absent).toBeGreaterThan(100);
  });

  it('has a history from which its beginning becomes its end', () => {
    fc.assert(
      fc.property(scenario, seed, size, reads, (given, number, items, asked) => {
        const list = new MovingList(given, number, { size: items });
        const ids = new Set(list.items().map(({ id }) => id));
        for (const { page, limit } of asked) list.read(page, limit);
        for (const { what, id } of list.history()) {
          if (id === null || what === 'swapped' || what === 'touched') continue;
          const isComing = what === 'arrived' || what === 'returned';
          expect(ids.has(id)).toBe(!isComing);
          if (isComing) ids.add(id);
          else ids.delete(id);
        }
        expect(
          list
            .items()
            .map(({ id }) => id)
            .sort(),
        ).toEqual([...ids].sort());
      }),
      { numRuns: 300 },
    );
  });

  it.each(EVERY)(
    'of scenario %s stands still while it rests, with exact totals, and moves again when told',
    (_, given) => {
      const list = new MovingList(given, 3, { size: 120 });
      walk(list);
      list.rest();
      const [before, happened] = [list.items(), list.history().length];
      for (const answer of walk(list)) {
        expect(answer).toMatchObject({ total: before.length, hasNext: answer.page * LIMIT < before.length });
      }
      expect(list.items()).toEqual(before);
      expect(list.history()).toHaveLength(happened);
      list.move();
      walk(list);
      if (Object.keys(given.rates).length > 0) expect(list.history().length).toBeGreaterThan(happened);
    },
  );

  it('clamps the limit, and answers an empty page beyond its end', () => {
    const list = new MovingList(SCENARIOS[0], 1, { size: 25, maxLimit: 10 });
    expect(list.read(1, 200)).toMatchObject({ limit: 10, total: 25, hasNext: true });
    expect(list.read(3, 10).items).toHaveLength(5);
    expect(list.read(4, 10)).toEqual({ items: [], page: 4, limit: 10, total: 25, hasNext: false });
  });

  it('gives descending pages in the order of ascending ones, from the end', () => {
    const list = new MovingList(SCENARIOS[0], 1, { size: 25 });
    const ascending = [1, 2, 3].flatMap((page) => list.read(page, 10).items);
    const descending = [1, 2, 3].flatMap((page) => list.read(page, 10, 'desc').items);
    expect(descending).toEqual([...ascending].reverse());
  });

  it('can be empty, and can become empty', () => {
    for (const [, given] of EVERY) {
      const list = new MovingList(given, 1, { size: 0 });
      list.rest();
      expect(list.read(1, 10)).toEqual({ items: [], page: 1, limit: 10, total: 0, hasNext: false });
    }
    const shrinking = new MovingList(scenarioByName('shrinking'), 1, { size: 3 });
    for (let read = 0; read < 5; read++) shrinking.read(1, 10);
    expect(shrinking.items()).toEqual([]);
  });

  it.each([
    [{ size: -1 }, 'a list begins with 0 or more items, not -1'],
    [{ size: 1.5 }, 'a list begins with 0 or more items, not 1.5'],
    [{ maxLimit: 0 }, 'a page holds 1 or more, not 0'],
  ])('refuses %j', (options, message) => {
    expect(() => new MovingList(SCENARIOS[0], 1, options)).toThrow(message);
  });

  it('has ids that are uuids, differ, and are in no order', () => {
    const ids = new MovingList(SCENARIOS[0], -7, { size: 5_000 }).items().map(({ id }) => id);
    expect(new Set(ids).size).toBe(5_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const ascents = ids.filter((id, at) => at > 0 && id > (ids[at - 1] ?? '')).length;
    expect(ascents).toBeGreaterThan(2_000);
    expect(ascents).toBeLessThan(3_000);
  });
});
