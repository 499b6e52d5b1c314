import { describe, expect, it } from 'vitest';
import { certify, type Pass } from '../../src/walk/certify.ts';
import type { PageSummary } from '../../src/walk/page-summary.ts';
import { instantOf } from './list-model.ts';

/** A pass over `count` items in pages of ten, as a server that sorts and stands still answers it. */
function pass(count: number, change: (page: PageSummary) => Partial<PageSummary> = () => ({}), distinct = count): Pass {
  const pages = Array.from({ length: Math.max(1, Math.ceil(count / 10)) }, (_, index): PageSummary => {
    const items = Math.min(10, count - index * 10);
    const page: PageSummary = {
      pass: 1,
      page: index + 1,
      order: index + 1,
      limit: 10,
      total: count,
      hasNext: (index + 1) * 10 < count,
      items,
      nameless: 0,
      blind: 0,
      first: items === 0 ? null : instantOf(index * 10),
      last: items === 0 ? null : instantOf(index * 10 + items - 1),
      ascending: true,
      ids: `ids of page ${index + 1}`,
    };
    return { ...page, ...change(page) };
  });
  return { pages, distinctIds: distinct };
}

const onPage = (number: number, change: Partial<PageSummary>) => (page: PageSummary) =>
  page.page === number ? change : {};

const reasonOf = (passes: readonly Pass[], unlisted: number): string | null => {
  const verdict = certify(passes, unlisted);
  return verdict.complete ? null : verdict.reason;
};

describe('one read', () => {
  it('proves a list that fits on the first page, whatever its order and whatever is missing', () => {
    expect(certify([pass(9, () => ({ ascending: false }))], 7)).toEqual({ complete: true, by: 'one-read' });
    expect(certify([pass(0)], 7)).toEqual({ complete: true, by: 'one-read' });
  });

  it.each<[string, Partial<PageSummary>]>([
    ['is full', { limit: 9 }],
    ['says that another follows', { hasNext: true }],
    ['holds fewer items than total says', { total: 10 }],
    ['holds more items than total says', { total: 8 }],
  ])('proves no absence where the page %s', (_, change) => {
    expect(certify([pass(9, () => change)], 1)).toMatchObject({ complete: false });
  });

  it('proves nothing where an id stands on the page twice', () => {
    expect(certify([pass(9, undefined, 8)], 1)).toMatchObject({ complete: false });
  });

  it('proves no absence beside a record that could be anything', () => {
    expect(reasonOf([pass(9, () => ({ blind: 1 }), 8)], 1)).toMatch(/neither id nor created_at/);
    expect(certify([pass(9, () => ({ blind: 1 }), 8)], 0)).toMatchObject({ complete: true });
  });

  it('counts a record without an id as one of its own', () => {
    expect(certify([pass(9, () => ({ nameless: 2 }), 7)], 1)).toEqual({ complete: true, by: 'one-read' });
  });
});

describe('one pass', () => {
  it('is complete where everything in scope was listed and the counts agree', () => {
    expect(certify([pass(30)], 0)).toEqual({ complete: true, by: 'one-pass' });
  });

  it('is not where an artifact in scope was not listed', () => {
    expect(reasonOf([pass(30)], 2)).toBe('2 artifacts in scope were not listed; the list was read once');
  });

  it('is not where nothing was read', () => {
    expect(certify([], 0)).toMatchObject({ complete: false });
    expect(certify([{ pages: [], distinctIds: 0 }], 0)).toMatchObject({ complete: false });
  });

  it('is not where total fell, in order of arrival and not of pages', () => {
    const fell = pass(30, ({ page }) => ({ total: page === 3 ? 31 : 30 }));
    expect(certify([fell], 0)).toMatchObject({ complete: true });
    const inTheOtherOrder = { ...fell, pages: fell.pages.map((page) => ({ ...page, order: 4 - page.order })) };
    expect(reasonOf([inTheOtherOrder], 0)).toMatch(/total fell from 31 to 30/);
  });

  it('is not where there are fewer or more ids than a total that stood still says', () => {
    expect(reasonOf([pass(30, undefined, 29)], 0)).toMatch(/29 different artifacts were listed where total says 30/);
    expect(certify([pass(30, undefined, 31)], 0)).toMatchObject({ complete: false });
  });

  it('is not where the last page says that another follows', () => {
    expect(reasonOf([pass(30, onPage(3, { hasNext: true }))], 0)).toMatch(/another follows/);
  });

  it('is complete where a sorted list grew and the ids are as many as its totals allow', () => {
    const grown = (distinct: number, change: Partial<PageSummary> = {}) =>
      certify([pass(30, ({ page }) => ({ total: 28 + page - 1, ...(page === 2 ? change : {}) }), distinct)], 0);
    expect(grown(28)).toMatchObject({ complete: true });
    expect(grown(30)).toMatchObject({ complete: true });
    expect(grown(27)).toMatchObject({ complete: false });
    expect(grown(31)).toMatchObject({ complete: false });
    expect(grown(30, { ascending: false })).toMatchObject({ complete: false });
    // Two neighbours out of order: the server sorts within its pages only.
    expect(grown(30, { first: instantOf(5) })).toMatchObject({ complete: false });
  });
});

describe('two passes', () => {
  const unsorted = () => ({ ascending: false });

  it('prove an absence where they list the same ids in the same sequence', () => {
    expect(certify([pass(30), pass(30)], 3)).toEqual({ complete: true, by: 'two-passes' });
    expect(certify([pass(30, unsorted), pass(30, unsorted)], 3)).toMatchObject({ complete: true });
  });

  it.each<[string, Pass]>([
    ['another sequence', pass(30, onPage(2, { ids: 'others' }))],
    ['fewer pages', pass(20)],
    ['more pages', pass(40, () => ({ total: 30 }))],
    ['other pages', pass(30, () => ({ limit: 11 }))],
  ])('prove nothing where they give %s', (_, second) => {
    expect(reasonOf([pass(30), second], 3)).toMatch(/gave different lists/);
  });

  it('prove nothing where an id is repeated, though they are equal', () => {
    expect(reasonOf([pass(30, undefined, 29), pass(30, undefined, 29)], 1)).toMatch(/listed twice/);
  });

  it.each([0, 1])('prove nothing where one total of pass %i is another number', (odd) => {
    const passes = [pass(30), pass(30)].map((one, index) => (index === odd ? pass(30, onPage(2, { total: 31 })) : one));
    expect(reasonOf(passes, 1)).toMatch(/page 2 says total 31 where 30 different artifacts were listed/);
  });

  it('prove nothing where they are not one after the other', () => {
    expect(certify([pass(30), pass(30, onPage(2, { ids: 'others' })), pass(30)], 1)).toMatchObject({ complete: false });
  });

  it('prove no absence beside a record that could be anything', () => {
    const blind = pass(30, onPage(2, { blind: 1 }), 29);
    expect(certify([blind, blind], 1)).toMatchObject({ complete: false });
    expect(certify([blind, blind], 0)).toMatchObject({ complete: true });
  });
});
