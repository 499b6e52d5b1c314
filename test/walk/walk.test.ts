import { describe, expect, it } from 'vitest';
import { Failure, type FailureClass } from '../../src/catalog/failure.ts';
import {
  badItem,
  goodItem,
  idNumber,
  type Listed,
  listed,
  ModelList,
  ModelStage,
  modelPorts,
  pageAnswer,
} from './list-model.ts';
import { endedBy, pagesStaged, runWalk, walkModel } from './run-walk.ts';

function failure(failureClass: FailureClass, page: number): Failure {
  return new Failure({
    class: failureClass,
    operation: `read page ${page}`,
    subject: 'models of acme',
    detail: 'no',
    hint: 'none',
  });
}

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

  it('reads twice to prove an absence on more than one page', async () => {
    const walked = await walkModel({ items: listed(25) }, { more: [idNumber(99)] });
    expect(walked.result).toMatchObject({ unlisted: 1, verdict: { complete: true, by: 'two-passes' } });
    expect(endedBy(walked)).toEqual([idNumber(99)]);
    expect(walked.list.reads).toBe(6);
  });

  it('reads twice to prove an absence where the list fills its only page to the last place', async () => {
    const walked = await walkModel({ items: listed(10) }, { more: [idNumber(99)] });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'two-passes' } });
    expect(walked.list.reads).toBe(2);
  });

  it('proves an absence with one read where the list fits on its first page, in any order', async () => {
    const walked = await walkModel({ items: listed(9, (n) => 50 - n), order: 'unsorted' }, { more: [idNumber(99)] });
    expect(endedBy(walked)).toEqual([idNumber(99)]);
    expect(walked.list.reads).toBe(1);
  });

  it('follows the limit that the server clamps to, in every pass', async () => {
    const walked = await walkModel({ items: listed(25), maxLimit: 7 }, { more: [idNumber(99)] });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'two-passes' } });
    expect(pagesStaged(walked.stage.pages)).toEqual(['1/1', '1/2', '1/3', '1/4', '2/1', '2/2', '2/3', '2/4']);
  });

  it('proves nothing by two equal passes with a repeated id', async () => {
    // All of one moment: every page sorts its ties in a way of its own, and in the same way each time.
    const walked = await walkModel({ items: listed(40, () => 1), order: 'ties by page' });
    const [first, second] = walked.result.status === 'read' ? walked.result.passes : [];
    expect(first?.pages.map(({ ids }) => ids)).toEqual(second?.pages.map(({ ids }) => ids));
    expect(walked.stage.unlisted().length).toBeGreaterThan(0);
    expect(walked.result).toMatchObject({ verdict: { complete: false } });
    expect(walked.list.reads).toBe(12);
  });

  it('proves by two passes a server that lists in a fixed order of its own', async () => {
    const walked = await walkModel(
      { items: listed(35, (n) => (n * 17) % 35), order: 'unsorted' },
      { more: [idNumber(99)] },
    );
    expect(endedBy(walked)).toEqual([idNumber(99)]);
  });

  it('proves nothing of a server that lists in another order each time', async () => {
    const walked = await walkModel({ items: listed(35), order: 'shuffled' }, { more: [idNumber(99)] });
    expect(walked.result).toMatchObject({ verdict: { complete: false } });
  });

  it('does not end what an unreadable record might be', async () => {
    const stage = new ModelStage([idNumber(1), idNumber(2)]);
    const answer = pageAnswer({ items: [goodItem({ id: idNumber(1), at: 1 }), badItem(null, null)] });
    const result = await runWalk(modelPorts(() => answer, stage));
    expect(result).toMatchObject({ unlisted: 1, verdict: { complete: false } });
    expect(result.status === 'read' && !result.verdict.complete && result.verdict.reason).toContain('neither id nor');
  });

  it('tells its progress with the pages that it expects', async () => {
    const seen: string[] = [];
    await walkModel(
      { items: listed(25) },
      { onPage: ({ pagesRead, pages, listed: items }) => seen.push(`${pagesRead}/${pages} ${items}`) },
    );
    expect(seen).toEqual(['1/3 10', '2/3 20', '3/3 25']);
  });
});

describe('a walk of a list that moves', () => {
  it('reads on where the list grows at its end, and is complete in one pass', async () => {
    const changes = [2, 3, 4].flatMap((beforeRead) =>
      Array.from({ length: 6 }, () => ({ beforeRead, what: 'arrive', which: 0 }) as const),
    );
    const walked = await walkModel({ items: listed(25), changes });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'one-pass' } });
    expect(walked.list.reads).toBe(5);
    expect([...walked.stage.listed()].sort()).toEqual([...walked.list.ids()].sort());
  });

  it('reads on past an exactly full last page that is followed by another meanwhile', async () => {
    const walked = await walkModel({
      items: listed(20),
      changes: [{ beforeRead: 2, what: 'arrive', which: 0 }],
    });
    expect(walked.stage.listed().size).toBe(21);
    expect(walked.result).toMatchObject({ verdict: { complete: true } });
  });

  it('never ends an item that a removal moved over a seam, where the naive rule does', async () => {
    const removal = [{ beforeRead: 2, what: 'remove', which: 3 }] as const;
    const once = await walkModel({ items: listed(25), changes: removal }, { maxPasses: 1 });
    // The naive rule: what one reading did not list is gone. The 11th item slipped over the seam and was there.
    expect(once.stage.unlisted()).toEqual([idNumber(11)]);
    expect(once.list.presentThroughout()).toContain(idNumber(11));
    expect(endedBy(once)).toEqual([]);
    // The rule: the next passes list it; the removed one was listed by the first and stays until the next night.
    const walked = await walkModel({ items: listed(25), changes: removal });
    expect(walked.result).toMatchObject({ unlisted: 0, verdict: { complete: true } });
    expect(endedBy(walked)).toEqual([]);
  });

  it('never ends what slips over a seam unseen because an arrival hides the removal from total', async () => {
    const changes = [
      { beforeRead: 2, what: 'remove', which: 3 },
      { beforeRead: 2, what: 'arrive', which: 0 },
    ] as const;
    const once = await walkModel({ items: listed(25), changes }, { maxPasses: 1 });
    expect(once.stage.unlisted()).toEqual([idNumber(11)]);
    expect(once.result).toMatchObject({ verdict: { complete: false } });
  });

  it('calls a list that never stands still inexact once it has read it as often as it may', async () => {
    const changes = Array.from({ length: 60 }, (_, n) => ({ beforeRead: n + 1, what: 'remove', which: 0 }) as const);
    const walked = await walkModel({ items: listed(80), changes }, { maxPasses: 2, more: [idNumber(99)] });
    expect(walked.result).toMatchObject({ status: 'read', verdict: { complete: false } });
    expect(walked.result.status === 'read' && walked.result.passes.length).toBe(2);
  });

  it('takes an empty page for the end where the list shrank below it', async () => {
    const changes = Array.from({ length: 15 }, () => ({ beforeRead: 3, what: 'remove', which: 0 }) as const);
    const walked = await walkModel({ items: listed(35), changes });
    expect(pagesStaged(walked.stage.pages)).toEqual(['1/1', '1/2', '1/3', '2/1', '2/2']);
    expect(walked.result).toMatchObject({ status: 'read', verdict: { complete: true } });
    expect(endedBy(walked)).toEqual([]);
  });

  it('leaves out what was read side by side behind an end that moved up', async () => {
    const changes = Array.from({ length: 30 }, () => ({ beforeRead: 3, what: 'remove', which: 0 }) as const);
    const walked = await walkModel({ items: listed(45), changes }, { concurrency: 4, maxPasses: 1 });
    expect(pagesStaged(walked.stage.pages)).toEqual(['1/1', '1/2', '1/3', '1/4', '1/5']);
    const [pass] = walked.result.status === 'read' ? walked.result.passes : [];
    expect(pass?.pages.map(({ page }) => page)).toEqual([1, 2, 3]);
  });
});

describe('a walk of a server that lies', () => {
  it('ends in bounded reads where a total is absurd and the pages beyond the end are empty', async () => {
    const walked = await walkLying(1_000_000_000_000, (page) => page > 3);
    expect(walked.result.status).toBe('read');
    expect(walked.result).toMatchObject({ verdict: { complete: false } });
    expect(walked.reads).toBeLessThan(50);
  });

  it('gives a list up whose has_next is never false', async () => {
    const walked = await walkLying(
      30,
      () => false,
      (page) => listed(10, (n) => page * 10 + n).map(({ at }) => ({ id: idNumber(at), at })),
    );
    expect(walked.result).toMatchObject({ status: 'broken', failures: [{ failure: { class: 'contract_violation' } }] });
    expect(walked.reads).toBeLessThan(2_000);
  });

  it('gives a list up whose total is absurd and whose pages repeat without an end', async () => {
    const walked = await walkLying(1_000_000_000_000, () => false);
    expect(walked.result).toMatchObject({ status: 'broken', failures: [{ failure: { class: 'contract_violation' } }] });
    expect(walked.reads).toBeLessThan(2_000);
  });

  it('gives the rest up together where page after page is refused, however many an absurd total announces', async () => {
    let reads = 0;
    const stage = new ModelStage([]);
    const result = await runWalk(
      modelPorts((page) => {
        reads += 1;
        if (page > 1) throw failure('validation', page);
        return pageAnswer({ items: [goodItem({ id: idNumber(1), at: 1 })], total: 1e12, hasNext: true });
      }, stage),
      { concurrency: 4 },
    );
    expect(reads).toBeLessThan(2_000);
    expect(result).toMatchObject({ status: 'broken', staged: 1 });
    const last = result.status === 'broken' ? result.failures.at(-1)?.failure : undefined;
    expect(last?.operation).toMatch(/^read pages \d+ to 100000000000$/);
  });

  it('refuses pages that are cut otherwise than the first one', async () => {
    const list = new ModelList({ items: listed(35) });
    const result = await runWalk(
      modelPorts((page, limit) => list.read(page, page === 3 ? 5 : limit), new ModelStage([])),
    );
    expect(result).toMatchObject({
      status: 'broken',
      staged: 3,
      failures: [{ page: 3, failure: { class: 'contract_violation' } }],
    });
  });
});

async function walkLying(
  total: number,
  isEmpty: (page: number) => boolean,
  itemsOf: (page: number) => readonly Listed[] = () => listed(10),
) {
  let reads = 0;
  const stage = new ModelStage([]);
  const result = await runWalk(
    modelPorts((page) => {
      reads += 1;
      const items = isEmpty(page) ? [] : itemsOf(page).map(goodItem);
      return pageAnswer({ page, total, hasNext: true, items });
    }, stage),
    { concurrency: 4 },
  );
  return { result, reads };
}

describe('a walk that meets failures', () => {
  it('reads the other pages and names the one that failed', async () => {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage([]);
    const result = await runWalk(
      modelPorts((page, limit) => {
        if (page === 3) throw failure('server_error', page);
        return list.read(page, limit);
      }, stage),
      { concurrency: 2 },
    );
    expect(result).toMatchObject({ status: 'broken', passes: 1, staged: 4, failures: [{ page: 3 }] });
    expect(pagesStaged(stage.pages)).toEqual(['1/1', '1/2', '1/4', '1/5']);
  });

  it('reads nothing more where the first page fails', async () => {
    let reads = 0;
    const result = await runWalk(
      modelPorts(
        (page) => {
          reads += 1;
          throw failure('not_found', page);
        },
        new ModelStage([idNumber(1)]),
      ),
    );
    expect(result).toMatchObject({ status: 'broken', staged: 0, unlisted: 0, failures: [{ page: 1 }] });
    expect(reads).toBe(1);
  });

  it('gives the rest up together, in one entry, once its tries have been in vain for too long', async () => {
    const list = new ModelList({ items: listed(100) });
    let reads = 0;
    const ports = modelPorts((page, limit) => {
      reads += 1;
      if (page > 2) throw failure('timeout', page);
      return list.read(page, limit);
    }, new ModelStage([]));
    const result = await runWalk({ ...ports, inVain: () => reads >= 4 });
    expect(result).toMatchObject({ status: 'broken', staged: 2 });
    expect(result.status === 'broken' && result.failures.map(({ failure: { operation } }) => operation)).toEqual([
      'read page 3',
      'read page 4',
      'read pages 5 to 10',
    ]);
    expect(reads).toBe(4);
  });

  it('does not give up while nothing has failed, however long it takes', async () => {
    const list = new ModelList({ items: listed(50) });
    const ports = modelPorts((page, limit) => list.read(page, limit), new ModelStage([]));
    expect(await runWalk({ ...ports, inVain: () => true })).toMatchObject({ verdict: { complete: true } });
  });

  it('takes no failure of a page beyond the end that an emptied page shows for a gap', async () => {
    // The list shrinks before page 3 is read; the server answers page 4 of 4 with an error rather than with nothing.
    const changes = Array.from({ length: 20 }, () => ({ beforeRead: 3, what: 'remove', which: 0 }) as const);
    const list = new ModelList({ items: listed(35), changes });
    const ports = modelPorts((page, limit) => {
      if (page === 4) throw failure('not_found', page);
      return list.read(page, limit);
    }, new ModelStage([]));
    expect(await runWalk(ports, { concurrency: 3 })).toMatchObject({ status: 'read' });
  });

  it('reads only what is missing where an earlier attempt staged the rest', async () => {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage([]);
    let broken = true;
    const asked: number[] = [];
    const ports = modelPorts((page, limit) => {
      asked.push(page);
      if (broken && page === 3) throw failure('bad_gateway', page);
      return list.read(page, limit);
    }, stage);
    expect(await runWalk(ports)).toMatchObject({ status: 'broken' });
    broken = false;
    asked.length = 0;
    const result = await runWalk(ports, { staged: [...stage.pages] });
    expect(asked).toEqual([3]);
    expect(result).toMatchObject({ status: 'read', verdict: { complete: true, by: 'one-pass' } });
    // The places in order of arrival go on where the first attempt stopped.
    expect(stage.pages.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on within the second pass where the first attempt broke off there', async () => {
    const list = new ModelList({ items: listed(25) });
    const stage = new ModelStage([...listed(25).map(({ id }) => id), idNumber(99)]);
    let left = 5;
    const ports = modelPorts((page, limit) => {
      left -= 1;
      if (left < 0) throw failure('connection', page);
      return list.read(page, limit);
    }, stage);
    expect(await runWalk(ports)).toMatchObject({ status: 'broken', passes: 2, staged: 5 });
    left = 1;
    expect(await runWalk(ports, { staged: [...stage.pages] })).toMatchObject({
      verdict: { complete: true, by: 'two-passes' },
    });
    expect(left).toBe(0);
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
    expect(stage.pages.length).toBeGreaterThanOrEqual(3);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('loses no failure of the store, %i microtasks after another page', async (later) => {
    const list = new ModelList({ items: listed(300) });
    const ports = modelPorts((page, limit) => list.read(page, limit), new ModelStage([]));
    const result = runWalk(
      {
        ...ports,
        async stage(summary, answer) {
          for (let left = summary.page === 3 ? later : 0; left > 0; left--) await Promise.resolve();
          if (summary.page === 3) throw new Error('the disk is full');
          return ports.stage(summary, answer);
        },
      },
      { concurrency: 4 },
    );
    await expect(result).rejects.toThrow('the disk is full');
    // Those under way are waited for; no other page is asked for once it is clear that it cannot be kept.
    expect(list.reads).toBeLessThanOrEqual(3 + 4 + later);
  });
});
