import { describe, expect, it } from 'vitest';
import { type Change, idNumber, instantOf, listed, ModelList } from './list-model.ts';
import { ModelStage, modelPorts } from './model-stage.ts';
import { absentAt, endedBy, knownAt, pagesStaged, runWalk, walkModel } from './run-walk.ts';

const ABSENT = absentAt(0).id;

/** The same change so many times before one read. */
const changes = (beforeRead: number, what: Change['what'], which: number, times = 1): readonly Change[] =>
  Array.from({ length: times }, () => ({ beforeRead, what, which }));

describe('a walk of a list that moves', () => {
  it('reads on where the list grows at its end, and is complete in one pass', async () => {
    const growth = [2, 3, 4].flatMap((beforeRead) => changes(beforeRead, 'arrive', 0, 6));
    const walked = await walkModel({ items: listed(25), changes: growth });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'one-pass' }, proof: { moved: true } });
    expect([...walked.stage.listed()].sort()).toEqual([...walked.list.ids()].sort());
    // Pages 4 and 5 were read after their left neighbours, page 1 is always first: those are read once more.
    expect(pagesStaged(walked.stage.pages)).toEqual(['1/1', '1/3', '1/2', '1/4', '1/5', '1@10', '3@10', '4@10']);
  });

  it('reads on past an exactly full last page that is followed by another meanwhile', async () => {
    const walked = await walkModel({ items: listed(20), changes: changes(2, 'arrive', 0) });
    expect(walked.stage.listed().size).toBe(21);
    expect(walked.result).toMatchObject({ verdict: { complete: true } });
  });

  it('finds an item again that a removal moved over a seam, and ends neither', async () => {
    const walked = await walkModel({ items: listed(25), changes: changes(2, 'remove', 3) });
    // What one reading did not list: item 11 slipped from page 2 to page 1, which had been read.
    expect(walked.result.status === 'read' && walked.result.passes.map(({ distinctIds }) => distinctIds)).toEqual([24]);
    expect(walked.result).toMatchObject({
      unlisted: 0,
      verdict: { complete: true, by: 'one-pass' },
      proof: { moved: true, seams: { fromTheRight: 1, readAgain: 1, open: 0 } },
    });
    expect(walked.stage.listed()).toContain(idNumber(11));
    expect(endedBy(walked)).toEqual([]);
  });

  it('reads the left pages again of those seams alone that were not read from the right', async () => {
    const walked = await walkModel({ items: listed(100), changes: changes(7, 'remove', 3) }, { concurrency: 4 });
    expect(pagesStaged(walked.stage.pages).slice(10)).toEqual(['1@10', '3@10', '5@10', '7@10']);
    expect(walked.result).toMatchObject({
      verdict: { complete: true },
      proof: { seams: { count: 9, fromTheRight: 5, readAgain: 4, covered: 0, open: 0 } },
    });
  });

  it('takes no page read again for the same place where it shows nothing of what it showed', async () => {
    const more = [...changes(2, 'remove', 3), ...changes(4, 'remove', 0, 12)];
    const walked = await walkModel({ items: listed(45), changes: more });
    expect(walked.result).toMatchObject({
      verdict: { complete: true },
      proof: { seams: { fromTheRight: 3, readAgain: 0, covered: 1 } },
    });
  });

  it('meets items twice, and loses none, where they move over seams that are read from the right', async () => {
    const walked = await walkModel({ items: listed(95), changes: changes(4, 'remove', 3, 7) });
    expect(walked.result).toMatchObject({ verdict: { complete: true } });
    expect([...walked.stage.listed()]).toEqual(expect.arrayContaining([...walked.list.ids()]));
  });

  it('finds an item again that slipped over a seam unseen because an arrival hid the removal from total', async () => {
    const balanced = [...changes(2, 'remove', 3), ...changes(2, 'arrive', 0)];
    const walked = await walkModel({ items: listed(25), changes: balanced });
    expect(walked.result).toMatchObject({
      verdict: { complete: true },
      proof: { moved: true, totals: { least: 25, most: 25 } },
    });
    expect(walked.stage.listed()).toContain(idNumber(11));
    expect(endedBy(walked)).toEqual([]);
  });

  it('leaves open for one night an item that slips in the same way and was never mirrored', async () => {
    const balanced = [...changes(2, 'remove', 3), ...changes(2, 'arrive', 0)];
    const list = new ModelList({ items: listed(25), changes: balanced });
    const mirrored = listed(25).filter(({ at }) => at !== 11);
    const stage = new ModelStage(mirrored.map(({ id, at }) => knownAt(id, at)));
    const result = await runWalk(
      modelPorts((page, limit) => list.read(page, limit), stage),
      {},
    );
    expect(stage.listed()).not.toContain(idNumber(11));
    expect(result).toMatchObject({ verdict: { complete: true } });
    const next = new ModelStage(mirrored.map(({ id, at }) => knownAt(id, at)));
    await runWalk(modelPorts((page, limit) => list.read(page, limit), next));
    expect(next.listed()).toContain(idNumber(11));
  });

  it('sees the successor of a version that was upgraded in mid-walk before it ends that version', async () => {
    // Page 5, the last one, is read second: the successor arrives behind it, and the version goes from page 2.
    const walked = await walkModel({ items: listed(45), changes: changes(4, 'upgrade', 14) });
    expect(endedBy(walked)).toEqual([idNumber(15)]);
    expect(walked.stage.listed()).toContain(idNumber(46));
    expect(walked.result).toMatchObject({ proof: { extraReads: { tail: 1 } } });
  });

  it('takes an empty page for the end where the list shrank below it', async () => {
    const walked = await walkModel({ items: listed(35), changes: changes(2, 'remove', 20, 15) });
    expect(pagesStaged(walked.stage.pages).slice(0, 4)).toEqual(['1/1', '1/4', '1/3', '1/2']);
    expect(walked.result).toMatchObject({ status: 'read', verdict: { complete: true, by: 'witnesses' } });
    expect(walked.result.status === 'read' && walked.result.passes[0]?.pages.map(({ page }) => page)).toEqual([1, 2]);
    expect(endedBy(walked)).toEqual(
      listed(35)
        .slice(20)
        .map(({ id }) => id),
    );
  });

  it('leaves out what was read side by side behind an end that moved up', async () => {
    const walked = await walkModel({ items: listed(75), changes: changes(5, 'remove', 40, 35) }, { concurrency: 4 });
    // Page 6 was read before the list shrank to four, and page 8 after that; 5 and 7 were on their way when that was seen.
    expect(walked.stage.pages.filter(({ page }) => page > 4)).toMatchObject([
      { page: 6, items: 10 },
      { page: 8, items: 0 },
      { page: 5, items: 0 },
      { page: 7, items: 0 },
    ]);
    const [pass] = walked.result.status === 'read' ? walked.result.passes : [];
    expect(pass?.pages.map(({ page }) => page)).toEqual([1, 2, 3, 4]);
    expect(endedBy(walked).every((id) => !walked.list.ids().includes(id))).toBe(true);
  });

  it.each([1, 4])('is complete where one goes and one arrives at every read, %i pages side by side', async (lanes) => {
    const moving = Array.from({ length: 80 }, (_, n) => [
      ...changes(n + 1, 'remove', 13 * n),
      ...changes(n + 1, 'arrive', 0),
    ]).flat();
    const walked = await walkModel(
      { items: listed(200), changes: moving },
      { concurrency: lanes, pageSize: 20, more: [absentAt(100.5)] },
    );
    expect(walked.result).toMatchObject({ verdict: { complete: true } });
    expect(endedBy(walked)).toContain(ABSENT);
    const stillThere = new Set(walked.list.ids());
    expect(endedBy(walked).filter((id) => stillThere.has(id))).toEqual([]);
  });

  it('calls a list inexact that moves by more than a page before every read', async () => {
    const flood = Array.from({ length: 200 }, (_, n) => [
      ...changes(n + 1, 'remove', 0, 12),
      ...changes(n + 1, 'arrive', 0, 12),
    ]).flat();
    const walked = await walkModel(
      { items: listed(200), changes: flood },
      { maxPasses: 2, concurrency: 4, more: [absentAt(500)] },
    );
    expect(walked.result).toMatchObject({
      status: 'read',
      verdict: {
        complete: false,
        reason: expect.stringMatching(/out of order/),
        advice: expect.stringMatching(/MIRROR_CRON/),
      },
      proof: { by: null },
    });
    expect(walked.result.status === 'read' && walked.result.passes.length).toBe(2);
    expect(endedBy(walked)).toEqual([]);
  });

  it.each([1, 5, 12])(
    'calls a list inexact in which a place is somewhere else at each of %i looks',
    async (maxLooks) => {
      const list = new ModelList({ items: listed(300) });
      const stage = new ModelStage([absentAt(150.5)]);
      let looks = 0;
      const ports = modelPorts((page, limit) => {
        if (limit === 10) return list.read(page, limit);
        looks += 1;
        // Now far behind the page that is asked for, now far before it.
        return { ...list.read(looks % 2 === 0 ? 1 : 12, limit), page, total: 300 + looks };
      }, stage);
      expect(await runWalk(ports, { maxLooks })).toMatchObject({
        passes: [expect.anything()],
        verdict: { complete: false, reason: expect.stringMatching(/: the list moved on before each look$/) },
        proof: { moved: true, unproved: 1, unprovedPlaces: [instantOf(150.5)], extraReads: { absences: maxLooks } },
      });
    },
  );

  it('believes no order any more where so much went at once that neighbours have nothing in common, and proves the list by two readings', async () => {
    const walked = await walkModel({ items: listed(95), changes: changes(4, 'remove', 0, 40) });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'two-passes' } });
    expect(walked.result.status === 'read' && walked.result.proof.disorder).toMatch(/out of order/);
    expect(endedBy(walked).every((id) => !walked.list.ids().includes(id))).toBe(true);
  });
});
