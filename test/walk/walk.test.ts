import { describe, expect, it } from 'vitest';
import { refusal } from './failures.ts';
import { listed, ModelList } from './list-model.ts';
import { ModelStage, modelPorts } from './model-stage.ts';
import { absentAt, endedBy, pagesStaged, runWalk, walkModel } from './run-walk.ts';

const ABSENT = absentAt(0).id;

describe('a walk of a list that stands still', () => {
  it.each([
    [0, 1, 'one-read'],
    [1, 1, 'one-read'],
    [9, 1, 'one-read'],
    [10, 1, 'one-pass'],
    [11, 2, 'one-pass'],
    [20, 2, 'one-pass'],
    [21, 3, 'one-pass'],
    [100, 10, 'one-pass'],
  ])('reads %i items on %i pages once, and is complete by %s', async (count, pages, by) => {
    const walked = await walkModel({ items: listed(count) }, { concurrency: 4 });
    expect(walked.result).toMatchObject({ status: 'read', unlisted: 0, verdict: { complete: true, by } });
    expect(walked.list.reads).toBe(pages);
    expect(walked.stage.listed().size).toBe(count);
  });

  it.each([
    ['inside a page, with the tail alone read once more', 25, 12.5, { absences: 0, tail: 1 }],
    ['on a seam, with one page more', 25, 10.5, { absences: 1, tail: 1 }],
    ['before all others', 25, 0.5, { absences: 0, tail: 1 }],
    ['behind all others', 25, 30, { absences: 0, tail: 1 }],
    ['behind an exactly full last page, with one page more', 20, 30, { absences: 1, tail: 1 }],
    ['behind an exactly full only page, with one page more', 10, 30, { absences: 1, tail: 1 }],
  ])('proves an absence %s', async (_, count, at, extraReads) => {
    const walked = await walkModel({ items: listed(count) }, { more: [absentAt(at)] });
    expect(walked.result).toMatchObject({
      unlisted: 1,
      verdict: { complete: true, by: 'witnesses' },
      proof: { extraReads: { ...extraReads, seams: 0 }, unproved: 0 },
    });
    expect(walked.result.status === 'read' && walked.result.passes.length).toBe(1);
    expect(endedBy(walked)).toEqual([ABSENT]);
  });

  it('proves an absence with one read where the list fits on its first page, in any order', async () => {
    const walked = await walkModel({ items: listed(9, (n) => 50 - n), order: 'unsorted' }, { more: [absentAt(99)] });
    expect(endedBy(walked)).toEqual([ABSENT]);
    expect(walked.list.reads).toBe(1);
  });

  it.each([1, 2])('proves an absence between pages of %i items', async (pageSize) => {
    const walked = await walkModel({ items: listed(7) }, { pageSize, more: [absentAt(4.5)] });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(endedBy(walked)).toEqual([ABSENT]);
    expect(walked.result.status === 'read' && walked.result.passes[0]?.pages.length).toBe(Math.ceil(7 / pageSize));
  });

  it('follows the limit that the server clamps to, and asks for no more beside the reading', async () => {
    const list = new ModelList({ items: listed(25), maxLimit: 7 });
    const stage = new ModelStage([absentAt(14.5)]);
    const limits: number[] = [];
    const ports = modelPorts((page, limit) => {
      limits.push(limit);
      return list.read(page, limit);
    }, stage);
    const result = await runWalk(ports);
    expect(result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(pagesStaged(stage.pages).slice(0, 4)).toEqual(['1/1', '1/4', '1/3', '1/2']);
    expect(limits[0]).toBe(10);
    expect(Math.max(...limits.slice(1))).toBe(7);
  });

  it('proves nothing by two equal passes with a repeated id', async () => {
    // All of one moment: every page sorts its ties in a way of its own, and in the same way each time.
    const walked = await walkModel({ items: listed(40, () => 1), order: 'ties by page' });
    const [first, second] = walked.result.status === 'read' ? walked.result.passes : [];
    expect(first?.pages.map(({ ids }) => ids)).toEqual(second?.pages.map(({ ids }) => ids));
    expect(walked.stage.unlisted().length).toBeGreaterThan(0);
    expect(walked.result).toMatchObject({ verdict: { complete: false } });
    expect(walked.result.status === 'read' && walked.result.passes.length).toBe(3);
  });

  it('proves by two passes a server that lists in a fixed order of its own', async () => {
    const items = listed(35, (n) => (n * 17) % 35);
    const walked = await walkModel({ items, order: 'unsorted' }, { more: [absentAt(10.5)] });
    expect(walked.result).toMatchObject({
      verdict: { complete: true, by: 'two-passes' },
      proof: { reason: null, unproved: 0 },
    });
    expect(walked.result.status === 'read' && walked.result.proof.disorder).toMatch(/does not sort by created_at/);
    expect(endedBy(walked)).toEqual([ABSENT]);
    expect(walked.list.reads).toBe(8);
  });

  it('proves nothing of a server that lists in another order each time', async () => {
    const walked = await walkModel({ items: listed(35), order: 'shuffled' }, { more: [absentAt(10.5)] });
    expect(walked.result).toMatchObject({
      verdict: { complete: false, advice: expect.stringMatching(/two equal readings/) },
      proof: { by: null, unproved: 1 },
    });
  });

  it('reads the whole list once only where it may no more', async () => {
    const walked = await walkModel({ items: listed(35), order: 'shuffled' }, { more: [absentAt(10.5)], maxPasses: 1 });
    expect(walked.list.reads).toBe(4);
  });

  it('is not complete where the first page is empty and says that another follows', async () => {
    const list = new ModelList({ items: [] });
    const stage = new ModelStage([absentAt(5)]);
    const ports = modelPorts((page, limit) => ({ ...list.read(page, limit), hasNext: page === 1, total: 12 }), stage);
    expect(await runWalk(ports)).toMatchObject({
      status: 'read',
      verdict: { complete: false, reason: expect.stringMatching(/^the last page says that another follows/) },
    });
    // Twice in each of three readings, and as many extra reads as are always allowed.
    expect(list.reads).toBeLessThanOrEqual(26);
  });

  it('tells its progress with the pages that it expects', async () => {
    const seen: string[] = [];
    await walkModel(
      { items: listed(25) },
      { onPage: ({ pagesRead, pages, listed: items }) => seen.push(`${pagesRead}/${pages} ${items}`) },
    );
    expect(seen).toEqual(['1/3 10', '2/3 15', '3/3 25']);
  });
});

describe('a walk that meets failures', () => {
  it('stages the other pages and names the one that failed', async () => {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage([absentAt(12.5)]);
    const result = await runWalk(
      modelPorts((page, limit) => {
        if (page === 3) throw refusal('server_error', page);
        return list.read(page, limit);
      }, stage),
      { concurrency: 2 },
    );
    expect(result).toMatchObject({ status: 'broken', passes: 1, staged: 4, unlisted: 1, failures: [{ page: 3 }] });
    expect(pagesStaged(stage.pages)).toEqual(['1/1', '1/5', '1/4', '1/2']);
  });

  it('has staged nothing and asks for no artifact where the first page fails', async () => {
    const ports = modelPorts(
      (page) => {
        throw refusal('not_found', page);
      },
      new ModelStage([absentAt(1)]),
    );
    const result = await runWalk(ports);
    expect(result).toMatchObject({ status: 'broken', staged: 0, unlisted: 0, failures: [{ page: 1 }] });
  });

  it('passes on what is no failure of a page', async () => {
    const defect = modelPorts(() => {
      throw new TypeError('a defect');
    }, new ModelStage([]));
    await expect(runWalk(defect)).rejects.toThrow('a defect');
    const down = modelPorts((page) => {
      throw refusal('database', page);
    }, new ModelStage([]));
    await expect(runWalk(down)).rejects.toThrow('the catalog said no');
  });

  it('stops with the reason of its signal, keeps what it staged, and asks for no further page', async () => {
    const list = new ModelList({ items: listed(100) });
    const stage = new ModelStage([]);
    const controller = new AbortController();
    const ports = modelPorts((page, limit) => {
      if (list.reads === 3) controller.abort(new Error('hand back'));
      return list.read(page, limit);
    }, stage);
    await expect(runWalk(ports, { signal: controller.signal })).rejects.toThrow('hand back');
    expect(list.reads).toBe(4);
    expect(stage.pages.length).toBe(4);
  });

  it('stops with the reason of its signal beside the readings as well', async () => {
    const list = new ModelList({ items: listed(45) });
    const controller = new AbortController();
    const ports = modelPorts(
      (page, limit) => {
        if (limit === 10) return list.read(page, limit);
        controller.abort(new Error('hand back'));
        throw refusal('connection', page);
      },
      new ModelStage([absentAt(20.5)]),
    );
    const handedBack = runWalk(ports, { signal: controller.signal, maxPasses: 1 });
    await expect(handedBack).rejects.toThrow('hand back');
  });

  it('passes on what is no failure of a page beside the readings as well', async () => {
    const list = new ModelList({ items: listed(45) });
    const down = modelPorts(
      (page, limit) => {
        if (limit === 10) return list.read(page, limit);
        throw refusal('database', page);
      },
      new ModelStage([absentAt(20.5)]),
    );
    await expect(runWalk(down)).rejects.toThrow('the catalog said no');
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('loses no failure of the store, %i microtasks after another page', async (later) => {
    const list = new ModelList({ items: listed(300) });
    const ports = modelPorts((page, limit) => list.read(page, limit), new ModelStage([]));
    const result = runWalk(
      {
        ...ports,
        async stage(summary, answer) {
          for (let left = summary.page === 8 ? later : 0; left > 0; left--) await Promise.resolve();
          if (summary.page === 8) throw new Error('the disk is full');
          return ports.stage(summary, answer);
        },
      },
      { concurrency: 4 },
    );
    await expect(result).rejects.toThrow('the disk is full');
    // Those under way are waited for; no other page is asked for once it is clear that it cannot be kept.
    expect(list.reads).toBeLessThanOrEqual(later < 4 ? 9 : 12);
  });

  it('loses no failure of the store beside the readings, and asks for nothing more', async () => {
    const list = new ModelList({ items: listed(300) });
    const absences = Array.from({ length: 29 }, (_, n) => absentAt(10 * n + 10.5, 900 + n));
    const ports = modelPorts((page, limit) => list.read(page, limit), new ModelStage(absences));
    let staged = 0;
    const result = runWalk(
      {
        ...ports,
        async stage(summary, answer) {
          if (summary.pass === null) staged += 1;
          if (staged === 2) throw new Error('the disk is full');
          return ports.stage(summary, answer);
        },
      },
      { concurrency: 3 },
    );
    await expect(result).rejects.toThrow('the disk is full');
    expect(list.reads).toBeLessThanOrEqual(30 + 2 + 3);
  });
});
