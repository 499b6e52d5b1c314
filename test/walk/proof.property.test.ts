import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ListOptions, Order } from './list-model.ts';
import { idNumber, listed } from './list-model.ts';
import { endedBy, type ModelWalk, walkModel } from './run-walk.ts';

const ORDERS: readonly Order[] = ['sorted', 'ties by page', 'unsorted', 'shuffled'];

const change: fc.Arbitrary<Change> = fc.record({
  beforeRead: fc.integer({ min: 1, max: 24 }),
  what: fc.constantFrom('remove', 'remove', 'arrive', 'arrive in the middle', 'swap'),
  which: fc.nat(100),
});

/** A list, how it is served, what happens to it while it is read, and how it is read. */
const scenario = fc.record({
  count: fc.integer({ min: 0, max: 45 }),
  /** How many items share one moment. */
  ties: fc.constantFrom(1, 1, 2, 5, 50),
  order: fc.constantFrom(...ORDERS),
  changes: fc.array(change, { maxLength: 6 }),
  totalsOf: fc.constantFrom<'before' | 'after'>('before', 'after'),
  maxLimit: fc.constantFrom(200, 4),
  concurrency: fc.integer({ min: 1, max: 5 }),
  maxPasses: fc.integer({ min: 1, max: 4 }),
  delays: fc.array(fc.nat(12), { maxLength: 8 }),
  gone: fc.nat(2),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

const pageSize = ({ maxLimit }: Scenario): number => Math.min(5, maxLimit);

async function play(given: Scenario): Promise<ModelWalk> {
  const options: ListOptions = {
    items: listed(given.count, (n) => Math.floor(n / given.ties)),
    order: given.order,
    changes: given.changes,
    totalsOf: given.totalsOf,
    maxLimit: given.maxLimit,
  };
  return walkModel(options, {
    pageSize: 5,
    concurrency: given.concurrency,
    maxPasses: given.maxPasses,
    delays: given.delays,
    more: Array.from({ length: given.gone }, (_, n) => idNumber(900 + n)),
  });
}

describe('the proof', () => {
  it('never ends what was listed throughout, however the list moves and the server sorts', async () => {
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const walked = await play(given);
        const removed = new Set(endedBy(walked));
        ended += removed.size;
        expect(walked.list.presentThroughout().filter((id) => removed.has(id))).toEqual([]);
      }),
      { numRuns: 2_000, seed: 1 },
    );
    // A rule that ends nothing would pass as well.
    expect(ended).toBeGreaterThan(500);
  });

  it('would be broken by the naive rule, in the same model', async () => {
    let wronged = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const walked = await play({ ...given, maxPasses: 1 });
        const unlisted = new Set(walked.stage.unlisted());
        wronged += walked.list.presentThroughout().filter((id) => unlisted.has(id)).length;
      }),
      { numRuns: 2_000, seed: 1 },
    );
    expect(wronged).toBeGreaterThan(500);
  });

  it('is complete for every list that stands still and is sorted, and lists and ends exactly the difference', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const walked = await play({ ...given, changes: [], order: 'sorted', maxPasses: 2 });
        expect(walked.result).toMatchObject({ status: 'read', verdict: { complete: true } });
        expect([...walked.stage.listed()].sort()).toEqual([...walked.list.ids()].sort());
        expect(endedBy(walked)).toHaveLength(given.gone);
        const pages = Math.max(1, Math.ceil(given.count / pageSize(given)));
        const onePage = given.count < pageSize(given);
        expect(walked.list.reads).toBe(given.gone === 0 || onePage ? pages : 2 * pages);
      }),
      { numRuns: 500 },
    );
  });

  it('is complete after one pass where a sorted list only grows at its end, and misses no item of the beginning', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const changes = given.changes.map((one) => ({ ...one, what: 'arrive' }) as const);
        const walked = await play({ ...given, changes, gone: 0, order: 'sorted', concurrency: 1, totalsOf: 'after' });
        expect(walked.result).toMatchObject({ status: 'read', verdict: { complete: true } });
        expect(walked.result.status === 'read' && walked.result.passes.length).toBe(1);
        expect(walked.stage.unlisted()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('ends every walk within its bounds, whatever totals and flags say', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const walked = await play(given);
        expect(walked.result.status).toBe('read');
        // Every page of every pass, and a few beyond an end that moved.
        const longest = Math.ceil((given.count + given.changes.length) / pageSize(given)) + 1;
        expect(walked.list.reads).toBeLessThanOrEqual(given.maxPasses * (longest + given.concurrency));
      }),
      { numRuns: 500 },
    );
  });
});
