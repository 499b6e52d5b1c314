import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerContext, parsePage } from '../../src/catalog/contract.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import { digestOf } from '../../src/catalog/known-list.ts';
import type { CatalogPage, KnownList } from '../../src/catalog/page.ts';
import { createRedactor } from '../../src/catalog/redact.ts';
import { sightPage } from '../../src/catalog/sighted-page.ts';
import { parseInstant } from '../../src/catalog/timestamp.ts';

const context: AnswerContext = {
  query: { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 50, includePublic: false },
  arrivedAt: new Date('2025-01-15T03:00:01Z'),
  redact: createRedactor([]),
  tellsSecret: () => false,
};

const ITEMS = [1, 2, 3].map((n) => ({
  id: `0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5${n}`,
  name: `acme/model-${n}`,
  version: '1',
  created_at: `2025-01-31T03:04:0${n}Z`,
  download_count: n,
  tags: ['a ] b', '[', '"models":['],
}));
const LIST = JSON.stringify(ITEMS);
const PAGE = { has_next: false, has_previous: false, limit: 50, page: 1, total: 3, total_pages: 1 };

const instant = parseInstant('2025-01-31T03:04:01Z');
if (instant === null) throw new Error('no timestamp');
const KNOWN: KnownList = { items: 3, first: instant, last: instant, ids: 'of three', runId: '7' };
const known = new Map([[digestOf(Buffer.from(LIST), 0, LIST.length), KNOWN]]);

const sight = (text: string): CatalogPage | null => sightPage(MODELS, Buffer.from(text), context, known);
const isKnown = (text: string): boolean => sight(text)?.unread?.known === KNOWN;

const rest = JSON.stringify(PAGE).slice(1, -1);

describe('a list that is known', () => {
  it('is told by its bytes, wherever it stands in the envelope, however that is written', () => {
    expect(isKnown(`{"models":${LIST},${rest}}`)).toBe(true);
    expect(isKnown(`{${rest},"models":${LIST}}`)).toBe(true);
    expect(isKnown(`{\n "total_pages": 1, ${rest}, "models" : ${LIST} \n}`)).toBe(true);
    expect(isKnown(`{"mod\\u0065ls":${LIST},${rest}}`)).toBe(true);
    expect(isKnown(`{"models":${LIST.replace(':1,', ':2,')},${rest}}`)).toBe(false);
    expect(isKnown(`{"models":${JSON.stringify(ITEMS, null, 1)},${rest}}`)).toBe(false);
  });

  it('is the same page as one that is looked at, with its items there for whoever asks', () => {
    const text = `{"models":${LIST},${rest}}`;
    const seen = sight(text);
    const looked = sightPage(MODELS, Buffer.from(text), context);
    expect(seen?.unread?.sighted).toEqual(looked?.unread?.sighted);
    expect(seen?.unread?.list).toBe(looked?.unread?.list);
    expect(seen?.items).toEqual(looked?.items);
    expect(seen?.unread?.read(1)).toEqual(looked?.items[1]);
    expect(seen).toMatchObject({ page: 1, limit: 50, total: 3, totalPages: 1, hasNext: false, hasPrevious: false });
  });

  it.each([
    ['is the value of another key', `{"gguf":${LIST},"models":{},${rest}}`],
    ['stands beside an empty one', `{"gguf":${LIST},"models":[],${rest}}`],
    ['stands behind an empty one', `{"models":[],"gguf":${LIST},${rest}}`],
    ['stands behind one in a text', `{"note":"[","models":${LIST},${rest}}`],
    ['stands in an object', `{"models":{"models":${LIST}},${rest}}`],
    ['stands in a list', `{"models":[${LIST}],${rest}}`],
    ['is written twice', `{"models":${LIST},"models":${LIST},${rest}}`],
    ['is overridden', `{"models":${LIST},"models":null,${rest}}`],
    ['is all there is', LIST],
    ['is not closed off', `{"models":${LIST},${rest}`],
    ['is followed by more', `{"models":${LIST},${rest}} {}`],
    ['belongs to another page', `{"models":${LIST},${rest.replace('"page":1', '"page":2')}}`],
    ['is cut otherwise than asked', `{"models":${LIST},${rest.replace('"limit":50', '"limit":51')}}`],
    ['is longer than its limit', `{"models":${LIST},${rest.replace('"limit":50', '"limit":2')}}`],
  ])('is not known where it %s', (_, text) => {
    expect(isKnown(text)).toBe(false);
  });

  it('is known of an answer only where parsing it finds that list under that key', () => {
    const value = fc.constantFrom(LIST, '[]', 'null', '"["', '"]"', '{}', '1', `{"models":${LIST}}`, `[${LIST}]`);
    const key = fc.constantFrom('models', 'mod\\u0065ls', 'gguf', '[', ']', 'limit');
    const members = fc.array(fc.tuple(key, value), { maxLength: 4 });
    let told = 0;
    fc.assert(
      fc.property(members, members, (before, behind) => {
        const written = (some: readonly (readonly [string, string])[]) => some.map(([name, one]) => `"${name}":${one}`);
        const text = `{${[...written(before), rest, ...written(behind)].join(',')}}`;
        if (!isKnown(text)) return;
        told += 1;
        expect(parsePage(MODELS, text, context).items.map((item) => item.ok && item.record.id)).toEqual(
          ITEMS.map(({ id }) => id),
        );
      }),
      { numRuns: 5_000 },
    );
    expect(told).toBeGreaterThan(20);
  });
});
