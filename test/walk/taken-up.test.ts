import { describe, expect, it } from 'vitest';
import { refusal } from './failures.ts';
import { listed, ModelList } from './list-model.ts';
import { ModelStage, modelPorts } from './model-stage.ts';
import { absentAt, knownAt, pagesStaged, runWalk } from './run-walk.ts';

describe('a walk that is taken up', () => {
  it('reads only what is missing where an earlier attempt staged the rest', async () => {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage([]);
    let broken = true;
    const asked: number[] = [];
    const ports = modelPorts((page, limit) => {
      asked.push(page);
      if (broken && page === 3) throw refusal('bad_gateway', page);
      return list.read(page, limit);
    }, stage);
    expect(await runWalk(ports)).toMatchObject({ status: 'broken' });
    broken = false;
    asked.length = 0;
    const result = await runWalk(ports, { staged: [...stage.pages] });
    expect(asked).toEqual([3]);
    expect(result).toMatchObject({ status: 'read', verdict: { complete: true, by: 'one-pass' } });
    // The run's count goes on where the first attempt stopped.
    const moments = stage.pages.flatMap(({ asked: from, arrived }) => [from, arrived]);
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    expect(new Set(moments).size).toBe(moments.length);
  });

  it('knows which seams an earlier attempt left unsound where the list moved meanwhile', async () => {
    const list = new ModelList({ items: listed(45), changes: [{ beforeRead: 5, what: 'remove', which: 0 }] });
    const stage = new ModelStage(listed(45).map(({ id, at }) => knownAt(id, at)));
    let broken = true;
    const ports = modelPorts((page, limit) => {
      if (broken && page === 4) throw refusal('bad_gateway', page);
      return list.read(page, limit);
    }, stage);
    expect(await runWalk(ports)).toMatchObject({ status: 'broken' });
    broken = false;
    const result = await runWalk(ports, { staged: [...stage.pages] });
    // The removal is before page 4, read last: item 31 slipped from it to page 3, which had been read.
    expect(pagesStaged(stage.pages)).toEqual(['1/1', '1/5', '1/3', '1/2', '1/4', '1@10', '3@10']);
    expect(result).toMatchObject({
      verdict: { complete: true, by: 'one-pass' },
      proof: { seams: { count: 4, fromTheRight: 2, readAgain: 2, open: 0 } },
    });
  });

  it('goes on within the second pass where the first attempt broke off there', async () => {
    const list = new ModelList({ items: listed(25, (n) => (n * 7) % 25), order: 'unsorted' });
    const stage = new ModelStage([absentAt(99)]);
    let left = 5;
    const ports = modelPorts((page, limit) => {
      left -= 1;
      if (left < 0) throw refusal('connection', page);
      return list.read(page, limit);
    }, stage);
    expect(await runWalk(ports)).toMatchObject({ status: 'broken', passes: 2, staged: 5 });
    left = 1;
    expect(await runWalk(ports, { staged: [...stage.pages] })).toMatchObject({
      verdict: { complete: true, by: 'two-passes' },
    });
    expect(left).toBe(0);
  });

  it('reads nothing again that was read beside the readings, and counts it', async () => {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage([absentAt(20.5)]);
    const ports = modelPorts((page, limit) => list.read(page, limit), stage);
    const first = await runWalk(ports);
    const { reads } = list;
    expect(await runWalk(ports, { staged: [...stage.pages] })).toEqual(first);
    expect(list.reads).toBe(reads);
    expect(first).toMatchObject({ proof: { extraReads: { absences: 1, seams: 0, tail: 1 } } });
  });
});
