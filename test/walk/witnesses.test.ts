import { describe, expect, it } from 'vitest';
import type { WalkOptions } from '../../src/walk/ports.ts';
import { refusal } from './failures.ts';
import { listed, ModelList } from './list-model.ts';
import { type Known, ModelStage, modelPorts } from './model-stage.ts';
import { absentAt, endedBy, pagesStaged, runWalk, walkModel } from './run-walk.ts';

/** Absent artifacts, one on each of so many seams between pages of ten. */
const onSeams = (count: number): readonly Known[] =>
  Array.from({ length: count }, (_, n) => absentAt(10 * (n + 1) + 0.5, 2_000 + n));

describe('the bounds of extra reads', () => {
  it('are a share of the pages of one reading', async () => {
    const more = onSeams(59);
    const options = { more, maxPasses: 1, concurrency: 4 };
    const few = await walkModel({ items: listed(600) }, { ...options, maxExtraReads: 0.5 });
    expect(few.list.reads).toBe(60 + 30);
    expect(few.result).toMatchObject({
      verdict: {
        complete: false,
        reason: "29 artifacts were not listed, and no page covers the place: the run's extra reads were used up",
        advice: expect.stringMatching(/MIRROR_MAX_EXTRA_READS/),
      },
      proof: { unproved: 29, extraReads: { absences: 30, seams: 0, tail: 0 } },
    });
    expect(few.result.status === 'read' && few.result.proof.unprovedPlaces).toHaveLength(20);
    expect(endedBy(few)).toEqual([]);

    const enough = await walkModel({ items: listed(600) }, { ...options, maxExtraReads: 1 });
    expect(enough.list.reads).toBe(60 + 60);
    expect(endedBy(enough)).toHaveLength(59);
  });

  it('always allow twenty, over all readings together', async () => {
    const more = onSeams(59);
    const walked = await walkModel({ items: listed(600) }, { more, maxPasses: 2, maxExtraReads: 0 });
    expect(walked.list.reads).toBe(2 * 60 + 20);
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'two-passes' } });
    expect(endedBy(walked)).toHaveLength(59);
  });

  it('keep no more requests under way than the reading', async () => {
    const list = new ModelList({ items: listed(300) });
    let underWay = 0;
    let most = 0;
    const ports = modelPorts(
      async (page, limit) => {
        underWay += 1;
        if (limit !== 10) most = Math.max(most, underWay);
        for (let left = page % 4; left > 0; left--) await Promise.resolve();
        underWay -= 1;
        return list.read(page, limit);
      },
      new ModelStage(onSeams(29)),
    );
    await runWalk(ports, { concurrency: 3 });
    expect(most).toBe(3);
  });

  it('need few looks where only the first of them shows that the server clamps the limit', async () => {
    const walked = await walkModel({ items: listed(45), maxLimit: 10 }, { more: [absentAt(20.5)], maxPasses: 1 });
    expect(walked.result).toMatchObject({ verdict: { complete: true, by: 'witnesses' } });
    expect(pagesStaged(walked.stage.pages).slice(5)).toEqual(['2@10', '3@8', '5@10']);
  });

  it('leave a place after twelve looks where a server keeps to pages of one size', async () => {
    const list = new ModelList({ items: listed(45) });
    const walkFixed = (stage: ModelStage, maxPasses: number) =>
      runWalk(
        modelPorts((page) => list.read(page, 10), stage),
        { maxPasses },
      );
    expect(await walkFixed(new ModelStage(onSeams(2).slice(1)), 1)).toMatchObject({
      verdict: { complete: false, reason: expect.stringMatching(/: no page that was asked for has it inside$/) },
      proof: { moved: false, extraReads: { absences: 12 } },
    });
    const twice = new ModelStage(onSeams(2).slice(1));
    expect(await walkFixed(twice, 2)).toMatchObject({ verdict: { complete: true, by: 'two-passes' } });
  });
});

describe('an extra read that fails for good', () => {
  /** A server that refuses every limit but that of the reading. */
  async function walkRefused(options: Partial<WalkOptions>) {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage(onSeams(3));
    let refused = 0;
    const ports = modelPorts((page, limit) => {
      if (limit === 10) return list.read(page, limit);
      refused += 1;
      throw refusal('validation', page);
    }, stage);
    return { stage, result: await runWalk(ports, options), refused: () => refused };
  }

  it('ends the run with that failure where no other reading may prove the list', async () => {
    const { result, refused } = await walkRefused({ maxPasses: 1 });
    expect(result).toMatchObject({ status: 'broken', passes: 1, staged: 5, unlisted: 3 });
    expect(result.status === 'broken' && result.failures.map(({ failure }) => failure.class)).toEqual(['validation']);
    expect(refused()).toBe(1);
  });

  it('is made good by a second reading that equals the first', async () => {
    const { stage, result } = await walkRefused({ maxPasses: 2 });
    expect(result).toMatchObject({ status: 'read', verdict: { complete: true, by: 'two-passes' } });
    expect(endedBy({ result, stage })).toHaveLength(3);
  });

  it('is not made good by readings that differ', async () => {
    const changes = [{ beforeRead: 6, what: 'remove', which: 44 }] as const;
    const list = new ModelList({ items: listed(45), changes });
    const ports = modelPorts(
      (page, limit) => {
        if (limit === 10) return list.read(page, limit);
        throw refusal('validation', page);
      },
      new ModelStage(onSeams(3)),
    );
    expect(await runWalk(ports, { maxPasses: 2 })).toMatchObject({
      status: 'broken',
      passes: 2,
      failures: [{ failure: { class: 'validation' } }],
    });
  });
});

describe('an extra read that is out of order', () => {
  it('takes the word of every page of the run, and only equal readings prove the list', async () => {
    const list = new ModelList({ items: listed(45) });
    const walkReversed = (stage: ModelStage, maxPasses: number) =>
      runWalk(
        modelPorts((page, limit) => {
          const answer = list.read(page, limit);
          return limit === 10 ? answer : { ...answer, items: [...answer.items].reverse() };
        }, stage),
        { maxPasses },
      );
    expect(await walkReversed(new ModelStage([absentAt(12.5)]), 1)).toMatchObject({
      verdict: { complete: false, reason: expect.stringMatching(/is out of order/) },
      proof: { unproved: 1 },
    });
    expect(await walkReversed(new ModelStage([absentAt(12.5)]), 2)).toMatchObject({
      verdict: { complete: true, by: 'two-passes' },
    });
  });
});

describe('the tail', () => {
  it('is read once more from where the last known item stands, until its end is covered', async () => {
    const walked = await walkModel(
      {
        items: listed(45),
        changes: Array.from({ length: 50 }, () => ({ beforeRead: 6, what: 'arrive', which: 0 }) as const),
      },
      { more: [absentAt(12.5)] },
    );
    expect(walked.result).toMatchObject({ verdict: { complete: true }, proof: { moved: true } });
    expect(walked.stage.listed().size).toBe(95);
  });

  it('is not read where nothing is to be ended', async () => {
    const walked = await walkModel({ items: listed(45) });
    expect(pagesStaged(walked.stage.pages)).toEqual(['1/1', '1/5', '1/4', '1/3', '1/2']);
  });

  it('ends nothing where it cannot be read', async () => {
    const list = new ModelList({ items: listed(45) });
    const stage = new ModelStage([absentAt(12.5)]);
    const ports = modelPorts((page, limit) => {
      if (limit !== 10) throw refusal('server_error', page);
      return list.read(page, limit);
    }, stage);
    expect(await runWalk(ports, { maxPasses: 1 })).toMatchObject({
      status: 'broken',
      failures: [{ failure: { class: 'server_error' } }],
    });
  });
});
