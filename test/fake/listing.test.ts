import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FakeArtifact, type ListingQuery, listPage, sortListing } from '../../src/fake/listing.ts';

const query: ListingQuery = { sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 3, includePublic: false };
const ids = (items: unknown): unknown[] => (Array.isArray(items) ? items.map((item) => item.id) : []);
const day = (id: string, created_at: string): FakeArtifact => ({ id, created_at });

describe('sortListing', () => {
  const items: FakeArtifact[] = [
    { id: 'a', name: 'b', created_at: '2025-01-02T00:00:00Z', file_size_bytes: 10, updated_at: null },
    { id: 'b', name: 'a', created_at: '2025-01-01T23:00:00-02:00', file_size_bytes: 9, updated_at: '2025-02-02' },
    { id: 'c', name: 'B', created_at: '2025-01-01T00:00:00Z', updated_at: '2025-02-01' },
    { id: 'd', name: 'a', created_at: '2025-01-02T00:00:00.000Z', file_size_bytes: 9 },
  ];

  test.each([
    ['created_at', 'asc', 'cadb'],
    ['created_at', 'desc', 'badc'],
    ['name', 'asc', 'cbda'],
    ['name', 'desc', 'abdc'],
    ['updated_at', 'asc', 'cbad'],
    ['updated_at', 'desc', 'bcad'],
    ['file_size_bytes', 'asc', 'bdac'],
    ['file_size_bytes', 'desc', 'abdc'],
  ] as const)('sorts by %s %s, ties as inserted, items without it last', (sortBy, sortDir, order) => {
    expect(ids(sortListing(items, sortBy, sortDir)).join('')).toBe(order);
  });
});

describe('listPage', () => {
  test('cuts the sorted list into pages, with the envelope of the contract', () => {
    const items = ['3', '1', '4', '2'].map((id) => day(id, `2025-01-0${id}`));
    const { models, ...first } = listPage(items, query, 'models');
    expect(ids(models)).toEqual(['1', '2', '3']);
    expect(first).toEqual({ page: 1, limit: 3, total: 4, total_pages: 2, has_next: true, has_previous: false });
    const { datasets, ...second } = listPage(items, { ...query, page: 2 }, 'datasets');
    expect(ids(datasets)).toEqual(['4']);
    expect(second).toEqual({ page: 2, limit: 3, total: 4, total_pages: 2, has_next: false, has_previous: true });
  });

  test('clamps the limit and says so', () => {
    const items = Array.from({ length: 250 }, (_, at) => day(String(at), '2025-01-01'));
    const page = listPage(items, { ...query, limit: 1000 }, 'models');
    expect(page).toMatchObject({ limit: 200, total: 250, total_pages: 2, has_next: true });
    expect(ids(page['models'])).toHaveLength(200);
  });

  test('has an empty page behind the last one, and an empty list', () => {
    expect(listPage([day('1', '2025-01-01')], { ...query, page: 9 }, 'models')).toMatchObject({
      models: [],
      has_next: false,
      has_previous: true,
    });
    expect(listPage([], query, 'models')).toMatchObject({ models: [], total: 0, total_pages: 0, has_next: false });
  });

  test('gives every item once over all its pages, as has_next leads through them', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom('asc', 'desc'),
        (count, limit, sortDir) => {
          const items = Array.from({ length: count }, (_, at) => day(String(at), `2025-01-${10 + (at % 3)}`));
          const seen: unknown[] = [];
          for (let page = 1; ; page += 1) {
            const answer = listPage(items, { ...query, sortDir, limit, page }, 'models');
            seen.push(...ids(answer['models']));
            if (answer['has_next'] !== true) break;
          }
          expect(seen).toEqual(ids(sortListing(items, 'created_at', sortDir)));
          expect(new Set(seen).size).toBe(count);
        },
      ),
    );
  });
});
