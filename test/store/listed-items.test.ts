import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { CatalogRecord, JsonObject, PageItem, PlainItem, Unread } from '../../src/catalog/page.ts';
import { parseJson } from '../../src/catalog/parse-json.ts';
import { sightPage } from '../../src/catalog/sighted-page.ts';
import { type Instant, microsecondsOf } from '../../src/catalog/timestamp.ts';
import { withListedItems } from '../../src/store/listed-items.ts';
import { uuidAt } from '../../src/store/uuid-bytes.ts';
import { copiedFields } from '../support/copied-fields.ts';

/** Items as their text stands on the page. */
function unreadOf(items: readonly string[]): Unread {
  const envelope = `"page":1,"limit":50,"total":${items.length},"total_pages":1,"has_next":false,"has_previous":false`;
  const page = sightPage(MODELS, Buffer.from(`{"models":[${items.join(',')}],${envelope}}`), {
    query: { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 50, includePublic: false },
    arrivedAt: new Date('2025-01-15T03:00:01Z'),
    redact: (text) => text,
    tellsSecret: () => false,
  });
  if (page?.unread == null) throw new Error(`it was not seen: ${items.join()}`);
  return page.unread;
}

const EPOCH = microsecondsOf('2000-01-01T00:00:00.000000Z' as Instant);

/** The record that PostgreSQL is told, and the digest. */
function readFields(
  written: Buffer | null | undefined,
): Omit<CatalogRecord, 'createdAt'> & { at: bigint; digest: string } {
  const fields = copiedFields(written ?? Buffer.alloc(0));
  const [id, digest, at, count, name, version, framework, isPublic, origin, extra, ...more] = fields;
  if (id == null || digest == null || at == null || count == null || isPublic == null) throw new Error('one is NULL');
  expect(more).toEqual([]);
  expect(isPublic).toHaveLength(1);
  return {
    id: id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    digest: digest.toString('hex'),
    at: at.readBigInt64BE() + EPOCH,
    downloadCount: Number(count.readBigInt64BE()),
    name: String(name),
    version: String(version),
    framework: String(framework),
    isPublic: isPublic[0] === 1,
    origin: origin == null ? null : jsonbOf(origin),
    extra: jsonbOf(extra),
  };
}

function listedOf(plain: PlainItem | null) {
  return withListedItems([plain], ([written]) => readFields(written));
}

function allOf(items: readonly (PlainItem | null)[]): readonly (Buffer | null)[] {
  return withListedItems(items, (written) => written.map((one) => one && Buffer.from(one)));
}

function jsonbOf(bytes: Buffer | null | undefined): JsonObject {
  expect(bytes?.[0]).toBe(1);
  return parseJson(bytes?.toString('utf8', 1) ?? '') as JsonObject;
}

/** The same of an item that was read. */
function readOf(read: PageItem, digest: string) {
  if (!read.ok) return read;
  const { createdAt, ...others } = read.record;
  return { ...others, at: microsecondsOf(createdAt), digest };
}

function digestOf(unread: Unread, place: number): string {
  return uuidAt(unread.sighted.digests, place).toString('hex');
}

function readingsOf(item: string): {
  readonly plain: PlainItem | null;
  readonly read: PageItem;
  readonly digest: string;
} {
  const unread = unreadOf([item]);
  return { plain: unread.plain(0), read: unread.read(0), digest: digestOf(unread, 0) };
}

const FIELDS = {
  id: '"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"',
  name: '"acme/one"',
  version: '"1.0.0"',
  framework: '"pytorch"',
  is_public: 'true',
  download_count: '12',
  origin: 'null',
  created_at: '"2025-01-31T03:04:05Z"',
};

/** The item with these members, each a text of JSON, in place of or beside the fields. */
function itemWith(members: Readonly<Record<string, string>>): string {
  const all = { ...FIELDS, ...members };
  return `{${Object.entries(all)
    .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
    .join()}}`;
}

const json = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('12', '-0.25', '"möd"', '[{"a":[null]}]', '{"":true}', '"\\"\\\\u00e9\\t"') },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
);
const someText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'möd', 'a'.repeat(1_025)));
const usually = (text: string, other: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(text) }, { weight: 1, arbitrary: other });
const member = (key: string, value: fc.Arbitrary<string>) => value.map((text) => `${JSON.stringify(key)}:${text}`);
const unknown = fc
  .tuple(fc.oneof(fc.constantFrom('tags', '__proto__', 'names', 'framewörk'), fc.string({ unit: 'grapheme' })), json)
  .filter(([key]) => !key.includes('"') && !key.includes('\\') && !Object.hasOwn(FIELDS, key))
  .map(([key, value]) => `${JSON.stringify(key)}:${value}`);
/** As servers write them, most in UTC to the second or to a fraction of it. */
const moment = fc
  .tuple(
    fc.date({ noInvalidDate: true, min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T23:59:59Z') }),
    fc.stringMatching(/^\d{1,9}$/),
    fc.constantFrom('Z', 'Z', 'Z', '', '+00:00', '-05:30', 'z'),
    fc.boolean(),
  )
  .map(
    ([date, fraction, zone, isWhole]) => `${date.toISOString().slice(0, 19)}${isWhole ? '' : `.${fraction}`}${zone}`,
  );
/** The members of an item in any order, most as they are in nearly all items, with others between them, some twice. */
const items = fc
  .tuple(
    fc.tuple(
      member(
        'name',
        usually(
          FIELDS.name,
          someText.map((text) => JSON.stringify(text)),
        ),
      ),
      member('version', usually(FIELDS.version, json)),
      member('framework', usually(FIELDS.framework, json)),
      member('is_public', usually('false', json)),
      member('download_count', usually('999999999999999', fc.oneof(json, fc.constantFrom('-0', '1e3', '1.0', '-1')))),
      member('origin', usually('{"from":{"n":[1]}}', json)),
      member(
        'created_at',
        moment.map((text) => `"${text}"`),
      ),
    ),
    fc.subarray(['name', 'version', 'framework', 'is_public', 'download_count', 'origin'], { maxLength: 1 }),
    fc.array(unknown, { maxLength: 4 }),
    fc.nat(7).map((n) => n === 0),
    fc.infiniteStream(fc.nat()),
  )
  .map(([fields, left, others, isTwice, order]) => {
    const kept = fields.filter((text) => !left.some((key) => text.startsWith(`"${key}"`)));
    const members = [`"id":${FIELDS.id}`, ...kept, ...others];
    const ordered = members.map((text) => ({ text, at: order.next().value ?? 0 })).sort((a, b) => a.at - b.at);
    return `{${[...ordered.map(({ text }) => text), ...(isTwice ? kept.slice(0, 1) : [])].join(' , ')}}`;
  });

describe('what is written of an item as it stands in its bytes', () => {
  it('says what it says once it was read, or nothing', () => {
    const told = { plain: 0, not: 0 };
    fc.assert(
      fc.property(items, (item) => {
        const { plain, read, digest } = readingsOf(item);
        told[plain === null ? 'not' : 'plain'] += 1;
        if (plain !== null) expect(listedOf(plain)).toEqual(readOf(read, digest));
      }),
      { numRuns: 3_000 },
    );
    expect(told.plain).toBeGreaterThan(500);
    expect(told.not).toBeGreaterThan(500);
  });

  it.each([
    ['as nearly all are', {}],
    ['with fields that the contract does not know', { tags: '["a", "b"]', more: '{"deep":{"n":-12.5}}' }],
    ['with an origin', { origin: '{"source":"upload"}' }],
    ['with escapes that stand for a character', { summary: '"a \\"quoted\\" \\u00e9 \\\\ line\\n"' }],
  ])('is told without being read: one %s', (_, members) => {
    expect(readingsOf(itemWith(members)).plain).not.toBeNull();
  });

  it('is told without the fields that have a default', () => {
    const { is_public: _, download_count: __, origin: ___, ...others } = FIELDS;
    const item = `{${Object.entries(others)
      .map(([key, value]) => `"${key}":${value}`)
      .join()}}`;
    const listed = listedOf(readingsOf(item).plain);
    expect(listed).toMatchObject({ isPublic: false, downloadCount: 0, origin: null, extra: {} });
  });

  it.each([
    ['U+0000 in a text', { summary: '"\\u0000"' }],
    ['U+0000 in a key', { more: '{"\\u0000":1}' }],
    ['half a character', { summary: '"\\uD83D"' }],
    ['a whole one of two halves', { summary: '"\\ud83d\\ude00"' }],
    ['a number of more digits than a double holds', { size: '12345678901234567890' }],
    ['a number that a double writes otherwise', { score: '[1.50]' }],
    ['an exponent', { score: '1e2' }],
    ['-0', { score: '-0' }],
    ['an escape in its name', { name: '"acme\\/one"' }],
    ['a name that is too long', { name: `"${'a'.repeat(1_025)}"` }],
    ['a counter with a point', { download_count: '5.0' }],
    ['a counter below 0', { download_count: '-5' }],
    ['a counter of more digits than a double holds', { download_count: '1234567890123456' }],
    ['no framework', { framework: 'null' }],
    ['a flag that is none', { is_public: 'null' }],
    ['an origin that is a list', { origin: '[]' }],
  ])('must be read where it has %s', (_, members) => {
    expect(readingsOf(itemWith(members)).plain).toBeNull();
  });

  it('must be read where a field comes twice', () => {
    expect(readingsOf(itemWith({}).replace('}', ',"version":"2"}')).plain).toBeNull();
  });

  it('is told of each item of a page by itself, however many members they have', () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`field_${n}`, String(n)]));
    const of = (n: number) => itemWith({ ...many, id: `"0190a1b2-c3d4-7e5f-8a9b-${String(n).padStart(12, '0')}"` });
    const unread = unreadOf([...Array.from({ length: 40 }, (_, n) => of(n)), itemWith({ score: '1e2' }), of(40)]);
    const places = Array.from({ length: unread.sighted.count }, (_, place) => place);
    const plain = places.map((place) => unread.plain(place));
    expect(plain.map((one) => one === null)).toEqual(places.map((place) => place === 40));
    for (const [place, written] of allOf(plain).entries()) {
      if (place === 40) expect(written).toBeNull();
      else expect(readFields(written)).toEqual(readOf(unread.read(place), digestOf(unread, place)));
    }
    const some = [41, 0, 39].map((place) => unread.plain(place));
    expect(allOf(some).map(readFields)).toEqual(
      [41, 0, 39].map((place) => readOf(unread.read(place), digestOf(unread, place))),
    );
  });
});
