import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCENARIOS, type ScenarioName } from '../../src/fake/adversary/scenarios.ts';
import { ModelStage } from './model-stage.ts';
import { endedBy, mirroredAfter, type Night, naiveNight, ORDINARY, walkList, walkNight } from './moving-walk.ts';

const WALKS = 20_000;
const NIGHTS = 250;
const names = SCENARIOS.map(({ name }) => name);

/** Small lists in small pages: whatever can go wrong goes wrong sooner. */
const night: fc.Arbitrary<Night> = fc.record({
  scenario: fc.constantFrom(...names),
  seed: fc.nat(0xffff_ffff),
  size: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 70 })),
  // With at most six items on a page, a list of 60 ends at the end of a page whatever the limit.
  maxLimit: fc.constantFrom(200, 20, 7),
  pageSize: fc.integer({ min: 3, max: 9 }),
  concurrency: fc.integer({ min: 1, max: 5 }),
  maxPasses: fc.integer({ min: 1, max: 3 }),
  maxExtraReads: fc.constantFrom(0, 1, 5),
  maxLooks: fc.constant(12),
  slowest: fc.nat(8),
  gone: fc.nat(3),
});

/** All property tests of a run search the same ground, so that a figure can be repeated. */
const search = { numRuns: WALKS, seed: 4 } as const;

describe('the proof', () => {
  it('never ends what was listed throughout, and ends what was absent throughout whenever the run is complete', async () => {
    const figures = { walks: 0, complete: 0, ended: 0 };
    await fc.assert(
      fc.asyncProperty(night, async (given) => {
        const walked = await walkNight(given);
        const ended = new Set(endedBy(walked));
        expect(walked.list.presentThroughout(0).filter((id) => ended.has(id))).toEqual([]);
        const isComplete = walked.result.status === 'read' && walked.result.verdict.complete;
        if (isComplete) expect(walked.gone.filter((id) => !ended.has(id))).toEqual([]);
        figures.walks += 1;
        figures.complete += Number(isComplete);
        figures.ended += ended.size;
      }),
      search,
    );
    console.log(
      `The proof: ${figures.walks} walks, ${figures.complete} complete, ended ${figures.ended} artifacts, none of them listed throughout.`,
    );
    // A rule that certifies and ends nothing would pass as well.
    expect(figures.complete).toBeGreaterThan(WALKS / 4);
    expect(figures.ended).toBeGreaterThan(WALKS / 4);
  }, 180_000);

  it('is needed: the naive rule ends thousands that were there all along, over the same lists', async () => {
    const figures = { walks: 0, ended: 0, wronged: 0 };
    fc.assert(
      fc.property(night, (given) => {
        const walked = naiveNight(given);
        const ended = new Set(walked.ended);
        figures.walks += 1;
        figures.ended += ended.size;
        figures.wronged += walked.list.presentThroughout(0).filter((id) => ended.has(id)).length;
      }),
      search,
    );
    console.log(
      `The naive rule: ${figures.walks} walks, ended ${figures.ended} artifacts, ${figures.wronged} of them listed throughout.`,
    );
    expect(figures.wronged).toBeGreaterThan(WALKS / 10);
  }, 60_000);

  it.each<[ScenarioName, { share: number; cost: number }]>([
    ['quiet', { share: 1, cost: 0.05 }],
    ['busy', { share: 0.98, cost: 0.15 }],
    ['wild', { share: 0.95, cost: 0.4 }],
  ])(
    'certifies most %s nights at little cost',
    async (scenario, { share, cost }) => {
      let certified = 0;
      let extraReads = 0;
      let wronged = 0;
      for (let seed = 1; seed <= NIGHTS; seed++) {
        const walked = await walkNight({ ...ORDINARY, scenario, seed });
        const ended = new Set(endedBy(walked));
        wronged += walked.list.presentThroughout(0).filter((id) => ended.has(id)).length;
        certified += Number(walked.result.status === 'read' && walked.result.verdict.complete);
        extraReads += walked.list.reads - ORDINARY.size / ORDINARY.pageSize;
      }
      const pages = (NIGHTS * ORDINARY.size) / ORDINARY.pageSize;
      console.log(
        `${scenario}: ${certified} of ${NIGHTS} nights certified, ${((100 * extraReads) / pages).toFixed(1)} % more reads.`,
      );
      expect(wronged).toBe(0);
      expect(certified / NIGHTS).toBeGreaterThanOrEqual(share);
      expect(extraReads / pages).toBeLessThanOrEqual(cost);
    },
    60_000,
  );

  it('reads each page of a quiet list once where nothing is gone, and lists all of it', async () => {
    await fc.assert(
      fc.asyncProperty(night, async (given) => {
        const pageSize = Math.min(given.pageSize, given.maxLimit);
        const walked = await walkNight({ ...given, scenario: 'quiet', gone: 0 });
        expect(walked.result).toMatchObject({ status: 'read', verdict: { complete: true } });
        expect(walked.list.reads).toBe(Math.max(1, Math.ceil(given.size / pageSize)));
        expect(walked.stage.listed()).toEqual(new Set(walked.list.items().map(({ id }) => id)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is complete on the quiet night after any night, and the mirror then equals the list', async () => {
    const provable = fc.constantFrom(...SCENARIOS.filter((one) => one.provable).map(({ name }) => name));
    await fc.assert(
      fc.asyncProperty(night, provable, async (any, scenario) => {
        // Pages of a few items begin at so few places that none may have a tie well inside.
        const given = { ...any, scenario, maxLimit: Math.max(20, any.maxLimit) };
        const first = await walkNight(given);
        first.list.rest();
        const known = mirroredAfter(first);
        const stage = new ModelStage(known);
        const result = await walkList(first.list, stage, { ...given, maxPasses: 3, maxExtraReads: 5 });
        expect(result).toMatchObject({ status: 'read', verdict: { complete: true } });
        const mirrored = mirroredAfter({ list: first.list, stage, known, result });
        expect(mirrored.map(({ id }) => id).sort()).toEqual(
          first.list
            .items()
            .map(({ id }) => id)
            .sort(),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it('comes to an end within its bounds, whatever the list does', async () => {
    await fc.assert(
      fc.asyncProperty(night, async (given) => {
        const walked = await walkNight(given);
        expect(walked.result.status).toBe('read');
        const pageSize = Math.min(given.pageSize, given.maxLimit);
        const longest = Math.ceil((given.size + walked.list.reads * 3) / pageSize) + given.concurrency;
        const extra = Math.max(20, given.maxExtraReads * longest) * given.maxPasses;
        expect(walked.list.reads).toBeLessThanOrEqual(given.maxPasses * longest + extra);
      }),
      { numRuns: 1_000 },
    );
  });
});
