import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerContext, parsePage } from '../../src/catalog/contract.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { CatalogPage } from '../../src/catalog/page.ts';
import { createRedactor } from '../../src/catalog/redact.ts';
import { tellsSecret } from '../../src/catalog/repeated-secret.ts';
import { sightPage } from '../../src/catalog/sighted-page.ts';
import { compareInstants } from '../../src/catalog/timestamp.ts';
import { createdAtOf, idOf, summarisePage } from '../../src/walk/page-summary.ts';

const SECRET = 'hush-hush';
const redact = createRedactor([SECRET]);
const context: AnswerContext = {
  query: { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 50, includePublic: false },
  arrivedAt: new Date('2025-01-15T03:00:01Z'),
  redact,
  tellsSecret: tellsSecret(SECRET, redact),
};

const ID = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const GOOD = { id: ID, name: 'acme/one', version: '1', created_at: '2025-01-31T03:04:05Z', download_count: 5 };

function textOf(items: readonly unknown[], changes: object = {}): string {
  const page = { has_next: false, has_previous: false, limit: 50, page: 1, total: items.length, total_pages: 1 };
  return JSON.stringify({ models: items, ...page, ...changes });
}

const sight = (text: string): CatalogPage | null => sightPage(MODELS, Buffer.from(text), context);
/** In hexadecimal digits, 32 of them each. */
const partsOf = (bytes: Buffer | undefined): readonly string[] => bytes?.toString('hex').match(/.{32}/g) ?? [];
const digestsOf = (text: string): readonly string[] => partsOf(sight(text)?.unread?.sighted.digests);

/** Everything that is said of a page, with its items read one by one in one of them. */
function contentOf(page: CatalogPage, items: readonly unknown[] = page.items): unknown {
  const { unread: _, items: __, ...rest } = page;
  return { ...rest, items };
}

const id = fc.uuid();
const createdAt = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom('2025-01-31T03:04:05.678901Z', '2025-04-30T23:59:59.1Z', '2024-12-01T00:00:00Z'),
  },
  { weight: 1, arbitrary: fc.constantFrom('2024-02-29T00:00:00Z', '2025-01-31T03:04:05+00:30') },
);
/** Mostly as the contract wants it; where not, the item shows its id and its place all the same. */
const items = fc.record(
  {
    id,
    created_at: createdAt,
    name: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('acme/möd\\el', SECRET, 'a'.repeat(1_025), 7)),
    version: fc.constantFrom('1.0.0', '\u0000', '', null),
    framework: fc.constantFrom('pytorch', null),
    is_public: fc.constantFrom(true, false, null, 'yes'),
    download_count: fc.constantFrom(0, 12, 2 ** 53 - 1, 2 ** 53, -1, 1.5, null),
    origin: fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })),
    tags: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
    text: fc.constantFrom(`repeats ${SECRET}`, 'has "quotes" and\nlines', '5e3', 'a % of 100 & more'),
  },
  { requiredKeys: ['id', 'created_at'] },
);

describe('a page that was seen and not read', () => {
  it('holds the same items as one that was parsed, whether they are read one by one or all at once', () => {
    const told = { good: 0, bad: 0 };
    fc.assert(
      fc.property(fc.array(items, { maxLength: 6 }), fc.constantFrom(undefined, 2), (listed, space) => {
        const text = JSON.stringify(JSON.parse(textOf(listed)), null, space);
        const parsed = parsePage(MODELS, text, context);
        const seen = sight(text);
        if (seen === null) throw new Error(`it was not seen: ${text}`);
        const { unread } = seen;
        expect(
          contentOf(
            seen,
            parsed.items.map((_, place) => unread?.read(place)),
          ),
        ).toEqual(contentOf(parsed));
        expect(contentOf(seen)).toEqual(contentOf(parsed));
        const place = { pass: 1, purpose: 'list', asked: 1, arrived: 2 } as const;
        expect(summarisePage(seen, place)).toEqual(summarisePage(parsed, place));
        const moments = parsed.items.flatMap((item) => createdAtOf(item) ?? []).sort(compareInstants);
        expect(unread?.sighted).toMatchObject({
          count: parsed.items.length,
          earliest: moments.at(0) ?? null,
          latest: moments.at(-1) ?? null,
        });
        expect(partsOf(unread?.sighted.ids)).toEqual(parsed.items.map((item) => idOf(item)?.replaceAll('-', '')));
        for (const { ok } of parsed.items) told[ok ? 'good' : 'bad'] += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(told.good).toBeGreaterThan(100);
    expect(told.bad).toBeGreaterThan(100);
  });

  it('shows of each item its id and its place, as they are stored', () => {
    const other = { ...GOOD, id: ID.replace('0', '1'), created_at: '2025-02-28T23:59:59.5+01:00' };
    const unread = sight(textOf([other, GOOD]))?.unread;
    const [first, last] = ['2025-02-28T22:59:59.500000Z', '2025-01-31T03:04:05.000000Z'];
    expect(partsOf(unread?.sighted.ids)).toEqual([other.id, ID].map((one) => one.replaceAll('-', '')));
    expect(unread?.sighted).toMatchObject({ count: 2, earliest: last, latest: first });
    expect(unread?.summary).toMatchObject({ items: 2, first, last, ascending: false });
  });

  it('tells equal items from others, wherever they stand on the page and whatever stands beside them', () => {
    const other = { ...GOOD, id: ID.replace('0', '1') };
    const [one, two] = digestsOf(textOf([GOOD, other]));
    expect(one).toMatch(/^[\da-f]{32}$/);
    expect(digestsOf(textOf([other, GOOD], { total: 7 }))).toEqual([two, one]);
    for (const changed of [{ download_count: 6 }, { version: '2' }, { name: 'acme/two' }, { more: null }]) {
      expect(digestsOf(textOf([{ ...GOOD, ...changed }]))).not.toEqual([one]);
    }
  });

  it.each([
    ['an id in capital letters', textOf([{ ...GOOD, id: ID.toUpperCase() }])],
    ['an id that is none', textOf([{ ...GOOD, id: 'none' }])],
    ['no id', textOf([{ ...GOOD, id: undefined }])],
    ['no place', textOf([{ ...GOOD, created_at: null }])],
    ['an item that is no object', textOf([GOOD, 7])],
    ['an id twice', textOf([GOOD]).replace('"name"', `"id":"${ID}","name"`)],
    ['a key that is written with an escape', textOf([GOOD]).replace('"name"', '"\\u0069d"')],
    ['no list', textOf([]).replace('[]', '{}')],
    ['two lists', textOf([GOOD]).replace('"limit"', '"models":[],"limit"')],
    ['another page', textOf([GOOD], { page: 2 })],
    ['a larger limit', textOf([GOOD], { limit: 51 })],
    ['more items than its limit', textOf([GOOD, GOOD], { limit: 1 })],
    ['a broken envelope', textOf([GOOD], { total: 'many' })],
    ['half of a page', textOf([GOOD]).slice(0, -20)],
    ['something behind it', `${textOf([GOOD])}x`],
    ['a comma too many', textOf([GOOD]).replace(':5}', ':5,}')],
    ['a web page', '<html>'],
    ['nothing', ''],
  ])('is none where the answer must be read to be judged: %s', (_, text) => {
    expect(sight(text)).toBeNull();
  });
});
