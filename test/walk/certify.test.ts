import { describe, expect, it } from 'vitest';
import { certify, type Pass } from '../../src/walk/certify.ts';
import type { PageSummary } from '../../src/walk/page-summary.ts';
import type { Findings } from '../../src/walk/witnesses.ts';
import { refusal } from './failures.ts';
import { madeFindings, madeReading } from './made-pages.ts';

/** A reading of a list of so many items that stands still, but for the changes. */
function pass(count: number, change?: (page: PageSummary) => Partial<PageSummary>, distinctIds = count): Pass {
  return { pages: madeReading(count, change), distinctIds };
}

const onPage = (number: number, change: Partial<PageSummary>) => (page: PageSummary) =>
  page.page === number ? change : {};

/** Judges readings whose last one, with what was read beside it, leaves nothing open, but for the changes. */
function judge(passes: readonly Pass[], change: Partial<Findings> = {}) {
  return certify(passes, madeFindings(passes.at(-1)?.distinctIds ?? 0, change));
}

const reasonOf = (passes: readonly Pass[], change?: Partial<Findings>): string | null => {
  const verdict = judge(passes, change);
  return verdict.complete ? null : verdict.reason;
};

const SEAMS = { count: 2, fromTheRight: 0, readAgain: 0, covered: 0, open: 0 };
const UNSORTED = 'page 2 is out of order';

describe('one read', () => {
  it('proves a list that fits on the first page, whatever its order and whatever is missing', () => {
    const unlisted = { unlisted: 7, unproved: 7, disorder: UNSORTED };
    expect(judge([pass(9, () => ({ ascending: false }))], unlisted)).toEqual({ complete: true, by: 'one-read' });
    expect(judge([pass(0)], unlisted)).toEqual({ complete: true, by: 'one-read' });
  });

  it.each<[string, Partial<PageSummary>]>([
    ['is full', { limit: 9 }],
    ['says that another follows', { hasNext: true }],
    ['holds fewer items than total says', { total: 10 }],
    ['holds more items than total says', { total: 8 }],
  ])('proves no absence where the page %s', (_, change) => {
    expect(judge([pass(9, () => change)], { unlisted: 1, unproved: 1 })).toMatchObject({ complete: false });
  });

  it('proves nothing where an id stands on the page twice', () => {
    expect(judge([pass(9, undefined, 8)], { unlisted: 1, unproved: 1 })).toMatchObject({ complete: false });
  });

  it('proves no absence beside a record that could be anything', () => {
    const blind = pass(9, () => ({ blind: 1 }), 8);
    expect(judge([blind], { unlisted: 1, unproved: 1 })).toMatchObject({ complete: false });
    expect(judge([blind])).toEqual({ complete: true, by: 'one-read' });
  });

  it('counts a record without an id as one of its own', () => {
    const nameless = pass(9, () => ({ nameless: 2 }), 7);
    expect(judge([nameless], { unlisted: 1, unproved: 1 })).toEqual({ complete: true, by: 'one-read' });
  });
});

describe('one pass', () => {
  it('is complete where everything in scope was listed and the counts agree', () => {
    expect(judge([pass(30)])).toEqual({ complete: true, by: 'one-pass' });
  });

  it('is complete in any order where everything in scope was listed and the counts agree', () => {
    expect(judge([pass(30, () => ({ ascending: false }))], { disorder: UNSORTED })).toMatchObject({ complete: true });
  });

  it('is complete with every seam open where the list stood still', () => {
    expect(judge([pass(30)], { seams: { ...SEAMS, open: 2 } })).toMatchObject({ complete: true });
  });

  it('counts ids of all reads, and records without an id as one of their own each', () => {
    const hidden = pass(30, onPage(2, { nameless: 1, blind: 1 }), 28);
    expect(judge([hidden])).toMatchObject({ complete: true });
    expect(judge([pass(30, undefined, 29)], { distinctIds: 30 })).toMatchObject({ complete: true });
  });

  it.each([29, 31])('is not where %i ids were listed of a total that stood still at 30', (distinctIds) => {
    const verdict = judge([pass(30)], { distinctIds });
    expect(verdict).toMatchObject({
      complete: false,
      reason: `${distinctIds} different artifacts were listed where total says 30`,
      advice: expect.stringMatching(/catalog-mirror list/),
      mayBeProvedByReadingAgain: true,
    });
  });

  it('is not where the counts disagree and the server does not sort', () => {
    expect(judge([pass(30)], { distinctIds: 29, disorder: UNSORTED })).toMatchObject({
      complete: false,
      reason: `29 different artifacts were listed where total says 30, and ${UNSORTED}`,
      advice: expect.stringMatching(/MIRROR_CRON.*two equal readings/),
      mayBeProvedByReadingAgain: true,
    });
  });

  it('is not where nothing was read', () => {
    expect(judge([])).toMatchObject({ complete: false, reason: 'nothing was read', mayBeProvedByReadingAgain: true });
    expect(judge([{ pages: [], distinctIds: 0 }])).toMatchObject({ complete: false });
  });

  it('is not where the last page says that another follows', () => {
    expect(judge([pass(30, onPage(3, { hasNext: true }))])).toMatchObject({
      complete: false,
      reason: 'the last page says that another follows',
      advice: expect.stringMatching(/^Tell the people who run the catalog/),
      mayBeProvedByReadingAgain: true,
    });
  });
});

describe('one pass over a list that changed', () => {
  it('is complete where every seam is sound, whatever the counts say', () => {
    const seams = { count: 2, fromTheRight: 1, readAgain: 1, covered: 0, open: 0 };
    expect(judge([pass(30)], { moved: true, distinctIds: 27, seams })).toEqual({ complete: true, by: 'one-pass' });
  });

  it.each([
    [1, 'the list changed while it was read, and one seam between two pages is covered by no page'],
    [2, 'the list changed while it was read, and 2 seams between pages are covered by no page'],
  ])('is not where %i of its seams are open', (open, reason) => {
    expect(reasonOf([pass(30)], { moved: true, seams: { ...SEAMS, open } })).toContain(`${reason}: `);
  });

  it('is not where the server does not sort', () => {
    expect(judge([pass(30)], { moved: true, disorder: UNSORTED })).toMatchObject({
      complete: false,
      reason: `the list changed while it was read, and ${UNSORTED}`,
      advice: expect.stringMatching(/MIRROR_CRON.*two equal readings/),
      mayBeProvedByReadingAgain: true,
    });
  });
});

describe('an absence', () => {
  const absent = { unlisted: 2, tailIsKnown: true };

  it('is proved by witnesses where each has one and the tail was read once more', () => {
    expect(judge([pass(30)], absent)).toEqual({ complete: true, by: 'witnesses' });
  });

  it.each([
    [1, 'one artifact was not listed, and no page covers the place'],
    [2, '2 artifacts were not listed, and no page covers the place'],
  ])('is not proved where %i of them have no witness', (unproved, reason) => {
    expect(reasonOf([pass(30)], { ...absent, unproved })).toContain(`${reason}: `);
  });

  it('is not proved where the end of the list could not be read once more', () => {
    const reason = reasonOf([pass(30)], { unlisted: 1, tailIsKnown: false });
    expect(reason).toMatch(/^the end of the list could not be read once more: /);
  });

  it('is not proved where the server does not sort', () => {
    expect(judge([pass(30)], { ...absent, unproved: 2, disorder: UNSORTED })).toMatchObject({
      complete: false,
      reason: `2 artifacts were not listed, and no page can be a witness: ${UNSORTED}`,
      advice: expect.stringMatching(/two equal readings/),
      mayBeProvedByReadingAgain: true,
    });
  });
});

describe('a search that found no page', () => {
  const failure = { page: 4, failure: refusal('validation', 4) };
  const search = (change: Partial<Findings>) => judge([pass(30)], { unlisted: 1, unproved: 1, ...change });

  it('tells of the page that failed, before all else', () => {
    expect(search({ failure, givenUp: new Set(['tied', 'no more reads']) })).toMatchObject({
      reason: expect.stringMatching(/: could not read page 4 \(models of acme\): the catalog said no$/),
      advice: 'Ask again tomorrow.',
      mayBeProvedByReadingAgain: true,
    });
  });

  it('tells of timestamps that more items share than fit on a page', () => {
    expect(search({ givenUp: new Set(['runs away', 'no more reads', 'tied']), moved: true })).toMatchObject({
      reason: expect.stringMatching(/: more items than fit on a page share one created_at$/),
      advice: expect.stringMatching(/MIRROR_PAGE_SIZE/),
      mayBeProvedByReadingAgain: true,
    });
  });

  it.each([true, false])('tells of a bound that was reached; another reading may help unless it moved: %s', (moved) => {
    expect(search({ givenUp: new Set(['runs away', 'no more reads']), moved })).toMatchObject({
      reason: expect.stringMatching(/: the run's extra reads were used up$/),
      advice: expect.stringMatching(/MIRROR_MAX_EXTRA_READS/),
      mayBeProvedByReadingAgain: !moved,
    });
  });

  it('tells of a list that moved on before each look', () => {
    expect(search({ givenUp: new Set(['runs away']), moved: true })).toMatchObject({
      reason: expect.stringMatching(/: the list moved on before each look$/),
      advice: expect.stringMatching(/MIRROR_CRON/),
      mayBeProvedByReadingAgain: false,
    });
  });

  it('blames no list that stood still', () => {
    expect(search({ givenUp: new Set(['runs away']), moved: false })).toMatchObject({
      reason: expect.stringMatching(/: no page that was asked for has it inside$/),
      advice: expect.stringMatching(/dead letters.*MIRROR_PAGE_SIZE/),
      mayBeProvedByReadingAgain: true,
    });
  });
});

describe('two passes', () => {
  const open = { unlisted: 3, unproved: 3, disorder: UNSORTED };
  const unsorted = () => ({ ascending: false });

  it('prove an absence where they list the same ids in the same sequence', () => {
    expect(judge([pass(30), pass(30)], open)).toEqual({ complete: true, by: 'two-passes' });
    expect(judge([pass(30, unsorted), pass(30, unsorted)], open)).toMatchObject({ complete: true });
  });

  it('prove a list with another page behind its last one, if they say so twice', () => {
    const promising = pass(30, onPage(3, { hasNext: true }));
    expect(judge([promising, promising])).toEqual({ complete: true, by: 'two-passes' });
  });

  it('need not be asked where one proves it', () => {
    expect(judge([pass(20), pass(30)])).toEqual({ complete: true, by: 'one-pass' });
  });

  it.each<[string, Pass]>([
    ['another sequence', pass(30, onPage(2, { ids: 'others' }))],
    ['fewer pages', pass(20)],
    ['more pages', pass(40, () => ({ total: 30 }))],
    ['other pages', pass(30, () => ({ limit: 11 }))],
    ['more items on a page', pass(30, onPage(2, { items: 11 }))],
  ])('prove nothing where they give %s', (_, second) => {
    expect(reasonOf([pass(30), second], open)).toMatch(/; two readings one after the other gave different lists$/);
  });

  it('prove nothing where an id is repeated, though they are equal', () => {
    const repeated = pass(30, undefined, 29);
    expect(reasonOf([repeated, repeated], open)).toMatch(/; an artifact was listed twice in one reading$/);
  });

  it.each([0, 1])('prove nothing where one total of pass %i is another number', (odd) => {
    const passes = [pass(30), pass(30)].map((one, index) => (index === odd ? pass(30, onPage(2, { total: 31 })) : one));
    expect(reasonOf(passes, open)).toMatch(/; page 2 says total 31 where 30 different artifacts were listed$/);
  });

  it('prove nothing where they are not one after the other', () => {
    const passes = [pass(30), pass(30, onPage(2, { ids: 'others' })), pass(30)];
    expect(judge(passes, open)).toMatchObject({ complete: false });
  });

  it('prove no absence beside a record that could be anything', () => {
    const blind = pass(30, onPage(2, { blind: 1 }), 29);
    expect(reasonOf([blind, blind], open)).toMatch(/could be any of the 3 that were not listed$/);
    expect(judge([blind, blind], { moved: true, disorder: UNSORTED })).toEqual({ complete: true, by: 'two-passes' });
  });
});
