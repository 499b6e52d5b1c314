import { describe, expect, it } from 'vitest';
import { type Instant, parseInstant } from '../../src/catalog/timestamp.ts';
import { badItem, goodItem, itemAt, type Listed, listed, ModelList } from './list-model.ts';
import { ModelStage, modelPorts } from './model-stage.ts';
import { absentAt, endedBy, knownAt, runWalk, walkModel } from './run-walk.ts';

const ABSENT = absentAt(0).id;

/** So many items before, then a tie of that width, then so many behind; the tie stands at `before + 1`. */
function withTie(before: number, width: number, behind: number): readonly Listed[] {
  return listed(before + width + behind, (n) => (n <= before || n > before + width ? n : before + 1));
}

describe('equal timestamps', () => {
  it.each([2, 5, 8])('do not hide an absence of their own instant where %i of them stand on a seam', async (width) => {
    const items = withTie(9, width, 40);
    const walked = await walkModel({ items, order: 'ties by page' }, { more: [absentAt(10)], maxPasses: 1 });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(endedBy(walked)).toEqual([ABSENT]);
  });

  it.each([18, 20, 21, 60])(
    'hide an absence of their own instant where %i of them share a page of 20',
    async (width) => {
      const options = { pageSize: 20, maxLimit: 20, maxPasses: 1, more: [absentAt(34)] };
      const walked = await walkModel({ items: withTie(33, width, 40) }, options);
      expect(walked.result).toMatchObject({
        verdict: {
          complete: false,
          reason: expect.stringMatching(/: more items than fit on a page share one created_at$/),
          advice: expect.stringMatching(/MIRROR_PAGE_SIZE/),
        },
      });
      const twice = await walkModel({ items: withTie(33, width, 40) }, { ...options, maxPasses: 2 });
      expect(twice.result).toMatchObject({ verdict: { complete: true, by: 'two-passes' } });
    },
  );

  it('wider than a page hide no absence elsewhere', async () => {
    const options = { pageSize: 20, maxLimit: 20, maxPasses: 1, more: [absentAt(20.5)] };
    const walked = await walkModel({ items: withTie(33, 60, 40) }, options);
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
  });

  it('wider than a page at the end of a full last page do not hide what is behind them', async () => {
    const options = { pageSize: 20, maxLimit: 20, maxPasses: 1, more: [absentAt(90)] };
    const walked = await walkModel({ items: withTie(20, 60, 0) }, options);
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(endedBy(walked)).toEqual([ABSENT]);
  });

  it('that fall otherwise on two pages are found by the page that has their seam inside', async () => {
    // Items 10 and 11 are of one instant, and both pages show item 10; the mirror has never seen either.
    const list = new ModelList({ items: withTie(9, 2, 30) });
    const stage = new ModelStage([]);
    const ports = modelPorts((page, limit) => {
      const answer = list.read(page, limit);
      if (limit !== 10 || page !== 2) return answer;
      return { ...answer, items: [...list.read(1, 10).items.slice(-1), ...answer.items.slice(1)] };
    }, stage);
    expect(await runWalk(ports)).toMatchObject({
      verdict: { complete: true, by: 'one-pass' },
      proof: { moved: false, extraReads: { seams: 1, tail: 1 } },
    });
    expect(stage.listed().size).toBe(41);
  });
});

describe('instants', () => {
  const instant = (text: string): Instant => {
    const parsed = parseInstant(text);
    if (parsed === null) throw new Error(`${text} is no moment`);
    return parsed;
  };
  /** Item n stands n microseconds after midnight UTC; every second one is written by a clock elsewhere. */
  const at = (n: number): Instant =>
    instant(
      n % 2 === 0
        ? `2025-01-15T00:00:00.${String(n).padStart(6, '0')}Z`
        : `2025-01-15T05:45:00.${String(n).padStart(6, '0')}999+05:45`,
    );
  const write = ({ id, at: n }: Listed) => itemAt(id, at(n));

  it.each([
    ['inside a page', 24, 1],
    ['on a seam', 21, 2],
  ])('are told apart to the microsecond %s, whatever their offset', async (_, gone, extraReads) => {
    // Item 24 or 21 of an even numbering is missing: its neighbours stand one microsecond away.
    const items = listed(45, (n) => (n >= gone ? n + 1 : n));
    const list = new ModelList({ items, write });
    const stage = new ModelStage([{ id: ABSENT, createdAt: at(gone) }]);
    const result = await runWalk(modelPorts((page, limit) => list.read(page, limit), stage));
    expect(result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(list.reads).toBe(5 + extraReads);
  });

  it('at which another artifact is listed do not prove an absence, but on the inside of a page', async () => {
    const list = new ModelList({ items: listed(45), write });
    const absences = [10, 15, 20].map((n) => ({ id: absentAt(0, 900 + n).id, createdAt: at(n) }));
    const stage = new ModelStage(absences);
    const result = await runWalk(modelPorts((page, limit) => list.read(page, limit), stage));
    expect(result).toMatchObject({
      verdict: { complete: true, by: 'witnesses' },
      proof: { extraReads: { absences: 2 } },
    });
  });
});

describe('a bad record', () => {
  const bad = (n: number, id: boolean, createdAt: boolean) => (item: Listed) =>
    item.at === n ? badItem(id ? item.id : null, createdAt ? n : null) : goodItem(item);

  /** The mirror knows all that is listed but the bad one, and two that are gone. */
  async function walkBad(n: number, write: (item: Listed) => ReturnType<typeof goodItem>, places: readonly number[]) {
    const list = new ModelList({ items: listed(45), write });
    const known = listed(45).filter(({ at }) => at !== n);
    const stage = new ModelStage([
      ...known.map(({ id, at }) => knownAt(id, at)),
      ...places.map((at, index) => absentAt(at, 900 + index)),
    ]);
    const result = await runWalk(modelPorts((page, limit) => list.read(page, limit), stage));
    return { list, stage, result };
  }

  it('with an id counts as listed', async () => {
    const walked = await walkBad(15, bad(15, true, true), [13.5]);
    expect(walked.stage.listed()).toContain(listed(15).at(-1)?.id);
    expect(endedBy(walked)).toHaveLength(1);
  });

  it('without an id spoils its instant alone: whatever is known there counts as listed', async () => {
    const walked = await walkBad(15, bad(15, false, true), [15, 13.5]);
    expect(walked.result).toMatchObject({ unlisted: 1, verdict: { complete: true, by: 'witnesses' } });
    expect(endedBy(walked)).toEqual([absentAt(0, 901).id]);
  });

  it.each([
    ['ends a page', 20, 19.5],
    ['begins one', 21, 21.5],
    ['ends the list', 45, 44.5],
  ])('with an id and no created_at that %s leaves what is beside it to another page', async (_, n, place) => {
    const walked = await walkBad(n, bad(n, true, false), [place]);
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(endedBy(walked)).toHaveLength(1);
  });

  it.each([true, false])(
    'without an id is one of those that total counts, with its created_at or not: %s',
    async (at) => {
      const walked = await walkBad(15, bad(15, false, at), []);
      expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'one-pass' } });
      expect(walked.list.reads).toBe(5);
    },
  );

  it('with neither hides what is near it', async () => {
    const walked = await walkBad(15, bad(15, false, false), [14.5]);
    expect(walked.result).toMatchObject({
      verdict: { complete: false, reason: expect.stringMatching(/neither id nor created_at/) },
      proof: { unproved: 1 },
    });
  });

  it('with neither hides nothing on other pages', async () => {
    const walked = await walkBad(15, bad(15, false, false), [33.5]);
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(endedBy(walked)).toHaveLength(1);
  });

  it('with neither does not stand in the way of a list that fits on one page and lacks nothing', async () => {
    const list = new ModelList({ items: listed(5), write: bad(3, false, false) });
    const whole = new ModelStage([knownAt(listed(1)[0]?.id ?? '', 1)]);
    const ports = (stage: ModelStage) => modelPorts((page, limit) => list.read(page, limit), stage);
    expect(await runWalk(ports(whole))).toMatchObject({ verdict: { complete: true, by: 'one-read' } });
    expect(await runWalk(ports(new ModelStage([absentAt(99)])))).toMatchObject({
      unlisted: 1,
      verdict: { complete: false },
    });
  });
});
