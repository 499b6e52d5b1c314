import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerContext, parsePage } from '../../src/catalog/contract.ts';
import { Failure } from '../../src/catalog/failure.ts';
import { DATASETS } from '../../src/catalog/kinds/datasets.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { BadRecord, CatalogPage, CatalogRecord, PageItem } from '../../src/catalog/page.ts';
import { createRedactor } from '../../src/catalog/redact.ts';
import { tellsSecret } from '../../src/catalog/repeated-secret.ts';

const ID = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const arrivedAt = new Date('2025-01-15T03:00:01Z');
const redact = createRedactor(['hush-hush']);
const context: AnswerContext = {
  query: { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 50, includePublic: false },
  arrivedAt,
  redact,
  tellsSecret: tellsSecret('hush-hush', redact),
};

const good = { id: ID, name: 'acme/classifier', version: '1.0.0', created_at: '2025-01-02T03:04:05.678901Z' };

function envelope(items: unknown[], changes: object = {}): Record<string, unknown> {
  const page = { has_next: false, has_previous: false, limit: 50, page: 1, total: items.length, total_pages: 1 };
  return { models: items, ...page, ...changes };
}

function parse(body: unknown): CatalogPage {
  return parsePage(MODELS, JSON.stringify(body), context);
}

function onlyItem(source: string): PageItem {
  const text = JSON.stringify(envelope(['ITEM'])).replace('"ITEM"', () => source);
  const [item] = parsePage(MODELS, text, context).items;
  if (item === undefined) throw new Error('the page has no item');
  return item;
}

function record(item: unknown): CatalogRecord {
  const parsed = onlyItem(JSON.stringify(item));
  if (!parsed.ok) throw new Error(`a bad record: ${JSON.stringify(parsed.bad.problems)}`);
  return parsed.record;
}

function badSource(source: string): BadRecord {
  const parsed = onlyItem(source);
  if (parsed.ok) throw new Error(`a good record: ${source}`);
  return parsed.bad;
}

const bad = (item: unknown): BadRecord => badSource(JSON.stringify(item));

function failure(read: () => unknown): Failure {
  try {
    read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a page', () => {
  test('is the envelope and its items', () => {
    const page = parse(envelope([good], { has_next: true, has_previous: true, total: 120, total_pages: 3 }));
    expect(page).toMatchObject({
      page: 1,
      limit: 50,
      total: 120,
      totalPages: 3,
      hasNext: true,
      hasPrevious: true,
      arrivedAt,
    });
    expect(page.items).toHaveLength(1);
  });

  test('of datasets has its items under `datasets`', () => {
    const { models, ...rest } = envelope([good]);
    const page = parsePage(DATASETS, JSON.stringify({ ...rest, datasets: models }), context);
    expect(page.items[0]?.ok).toBe(true);
    expect(failure(() => parsePage(DATASETS, JSON.stringify(envelope([good])), context)).class).toBe(
      'contract_violation',
    );
  });

  test('may be empty, and may hold fewer items than its limit', () => {
    expect(parse(envelope([], { total_pages: 0 })).items).toEqual([]);
  });

  test('may answer a smaller limit than was asked: the server clamped it', () => {
    expect(parse(envelope([good], { limit: 20 })).limit).toBe(20);
  });

  test('keeps unknown fields of the envelope from mattering', () => {
    expect(parse(envelope([good], { request_id: 'x' })).items).toHaveLength(1);
  });

  test.each([
    ['', 'the answer is empty'],
    ['<!DOCTYPE html><html><title>Sign in</title></html>', 'the answer is a web page, not JSON: Sign in'],
    ['{"models":[', 'it begins with: {"models":['],
    ['not json', 'it begins with: not json'],
  ])('that is not JSON is invalid_json: %j', (text, words) => {
    const failed = failure(() => parsePage(MODELS, text, context));
    expect(failed.class).toBe('invalid_json');
    expect(failed.message).toContain('could not read page 1 (models of acme): ');
    expect(failed.detail).toContain(words);
    expect(failed.payload).toBe(text);
  });

  test.each([
    [null, 'it is not an object'],
    [[], 'it is not an object'],
    ['models', 'it is not an object'],
    [{}, 'has_next is missing'],
    [{ items: [] }, 'total is missing'],
    [envelope([], { models: undefined }), 'models is missing'],
    [envelope([], { models: {} }), 'models is not a list'],
    [envelope([], { total: -1 }), 'total is below 0'],
    [envelope([], { total: 1.5 }), 'total is not a whole number'],
    [envelope([], { total: '3' }), 'total is not a whole number'],
    [envelope([], { total_pages: -1 }), 'total_pages is below 0'],
    [envelope([], { total_pages: 0.5 }), 'total_pages is not a whole number'],
    [envelope([], { has_next: 'false' }), 'has_next is not true or false'],
    [envelope([], { has_previous: null }), 'has_previous is not true or false'],
    [envelope([], { page: 2 }), 'asked for page 1 and answered page 2'],
    [envelope([], { page: 0 }), 'page is below 1'],
    [envelope([], { limit: 0 }), 'limit is below 1'],
    [envelope([], { total: -7 }), 'total is below 0'],
    [envelope([], { total_pages: -1 }), 'total_pages is below 0'],
    [envelope([], { total_pages: 0.5 }), 'total_pages is not a whole number'],
    [envelope([], { total_pages: 1e300 }), 'total_pages is not a whole number'],
    [envelope([], { limit: 51 }), 'asked for 50 items a page and answered limit 51'],
    [envelope([good, good, good], { limit: 2 }), 'holds 3 items, more than its limit of 2'],
  ])('that is JSON but not the envelope is a contract_violation: %j', (body, words) => {
    const failed = failure(() => parse(body));
    expect(failed.class).toBe('contract_violation');
    expect(failed.detail).toContain(words);
    expect(failed.payload).toBe(JSON.stringify(body));
  });

  test('that fails keeps no secret in its message or payload', () => {
    const failed = failure(() => parsePage(MODELS, 'token hush-hush refused', context));
    expect(failed.detail).not.toContain('hush');
    expect(failed.payload).toBe('token [redacted] refused');
  });

  test('that fails keeps at most 1 MiB of what was received', () => {
    expect(failure(() => parsePage(MODELS, 'x'.repeat(2 ** 21), context)).payload).toHaveLength(2 ** 20);
  });
});

describe('a good record', () => {
  test('has every field as it came', () => {
    const all = {
      ...good,
      framework: 'gguf',
      is_public: true,
      download_count: 7,
      origin: { source: 'hub', depth: [1, { a: null }] },
    };
    expect(record(all)).toEqual({
      id: ID,
      name: 'acme/classifier',
      version: '1.0.0',
      framework: 'gguf',
      isPublic: true,
      downloadCount: 7,
      origin: { source: 'hub', depth: [1, { a: null }] },
      createdAt: '2025-01-02T03:04:05.678901Z',
      extra: {},
    });
  });

  test('has the contract’s defaults where an optional field is missing', () => {
    expect(record(good)).toMatchObject({ framework: 'safetensors', isPublic: false, downloadCount: 0, origin: null });
  });

  test('has the contract’s defaults where an optional field is null', () => {
    const nulls = record({ ...good, framework: null, is_public: null, origin: null });
    expect(nulls).toMatchObject({ framework: 'safetensors', isPublic: false, origin: null });
  });

  test('keeps fields the contract does not know, whatever they hold', () => {
    const extra = { tags: ['a', 'b'], architecture: null, updated_at: '2025-01-03', metrics: { accuracy: 0.5 }, '': 0 };
    expect(record({ ...good, ...extra }).extra).toEqual(extra);
  });

  test('keeps a field named __proto__ as a field', () => {
    const parsed = onlyItem(`{"__proto__":{"admin":true},${JSON.stringify(good).slice(1)}`);
    if (!parsed.ok) throw new Error('a bad record');
    expect(JSON.stringify(parsed.record.extra)).toBe('{"__proto__":{"admin":true}}');
    expect('admin' in parsed.record.extra).toBe(false);
  });

  test('has its id in lower case', () => {
    expect(record({ ...good, id: ID.toUpperCase() }).id).toBe(ID);
  });

  test('has its timestamp in UTC, cut to the microsecond', () => {
    expect(record({ ...good, created_at: '2025-01-02T03:04:05.6789019+01:00' }).createdAt).toBe(
      '2025-01-02T02:04:05.678901Z',
    );
  });

  test.each([
    ['9007199254740991', 2 ** 53 - 1],
    ['9007199254740991.0', 2 ** 53 - 1],
    ['1e3', 1000],
    ['-0', 0],
  ])('has the counter %s exactly', (literal, value) => {
    const item = onlyItem(`{"download_count": ${literal}, ${JSON.stringify(good).slice(1)}`);
    expect(item.ok && item.record.downloadCount).toBe(value);
  });

  test('may have names of 1,024 characters, of whatever script', () => {
    expect(record({ ...good, name: '😀'.repeat(1024) }).name).toHaveLength(2048);
    expect(record({ ...good, framework: '模'.repeat(1024) }).framework).toHaveLength(1024);
  });

  test('is what it was before it was written as JSON', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
      .filter((text) => !text.includes('\u0000'));
    fc.assert(
      fc.property(
        fc.uuid(),
        name,
        name,
        fc.maxSafeNat(),
        fc.boolean(),
        (id, nameText, version, downloads, isPublic) => {
          const item = { ...good, id, name: nameText, version, download_count: downloads, is_public: isPublic };
          expect(record(item)).toMatchObject({ id, name: nameText, version, downloadCount: downloads, isPublic });
        },
      ),
    );
  });
});

describe('a bad record', () => {
  const without = (field: keyof typeof good): object => {
    const { [field]: _, ...rest } = good;
    return rest;
  };

  test.each([
    [without('id'), 'id', 'is missing'],
    [without('name'), 'name', 'is missing'],
    [without('version'), 'version', 'is missing'],
    [without('created_at'), 'created_at', 'is missing'],
    [{ ...good, id: null }, 'id', 'is not a uuid'],
    [{ ...good, id: 7 }, 'id', 'is not a uuid'],
    [{ ...good, id: `{${ID}}` }, 'id', 'is not a uuid'],
    [{ ...good, id: ID.replaceAll('-', '') }, 'id', 'is not a uuid'],
    [{ ...good, name: null }, 'name', 'is not text'],
    [{ ...good, version: 1 }, 'version', 'is not text'],
    [{ ...good, created_at: 1736910000 }, 'created_at', 'is not text'],
    [{ ...good, created_at: '2025-02-30' }, 'created_at', 'is not an ISO 8601 timestamp of the years 0001 to 9999'],
    [{ ...good, framework: 5 }, 'framework', 'is not text'],
    [{ ...good, is_public: 'true' }, 'is_public', 'is not true or false'],
    [{ ...good, origin: [] }, 'origin', 'is not an object'],
    [{ ...good, origin: 'hub' }, 'origin', 'is not an object'],
    [{ ...good, download_count: null }, 'download_count', 'is not a number'],
    [{ ...good, download_count: '7' }, 'download_count', 'is not a number'],
    [{ ...good, download_count: -1 }, 'download_count', 'is negative'],
    [{ ...good, download_count: 1.5 }, 'download_count', 'is not whole'],
    [{ ...good, download_count: 2 ** 53 }, 'download_count', 'is above 2^53-1'],
    [{ ...good, name: 'x'.repeat(1025) }, 'name', 'is longer than 1,024 characters'],
    [{ ...good, version: '😀'.repeat(1025) }, 'version', 'is longer than 1,024 characters'],
    [{ ...good, framework: 'x'.repeat(1025) }, 'framework', 'is longer than 1,024 characters'],
    [{ ...good, name: 'a\u0000b' }, 'name', 'holds the character U+0000'],
    [{ ...good, version: 'a\ud800b' }, 'version', 'holds a lone surrogate'],
    [{ ...good, framework: '\udc00' }, 'framework', 'holds a lone surrogate'],
    [{ ...good, origin: { a: ['\u0000'] } }, 'origin', 'a.0 holds the character U+0000'],
    [{ ...good, origin: { 'k\u0000': 1 } }, 'origin', 'has a key that holds the character U+0000'],
    [{ ...good, tags: [['\ud800']] }, 'tags.0.0', 'holds a lone surrogate'],
    [{ ...good, 'k\ud800': 1 }, '"k\\ud800"', 'has a name that holds a lone surrogate'],
    [{ ...good, tags: { '\udfff': 1 } }, 'tags', 'has a key that holds a lone surrogate'],
  ])('is %j', (item, field, reason) => {
    expect(bad(item).problems).toEqual([{ field, reason }]);
  });

  test.each([null, 7, 'x', [good], true])('is an item that is no object: %j', (item) => {
    expect(bad(item)).toMatchObject({ id: null, createdAt: null, downloadCount: null, problems: [{ field: 'item' }] });
  });

  test.each([
    ['9007199254740990.6', 'is not whole'],
    ['9007199254740991.4', 'is not whole'],
    ['1125899906842624.1', 'is not whole'],
    ['5.00000000000000000001', 'is not whole'],
    ['9007199254740993', 'is above 2^53-1'],
    ['1e400', 'is above 2^53-1'],
  ])('is one whose counter a double would make good: %s', (literal, reason) => {
    const { problems, downloadCount } = badSource(`{${JSON.stringify(good).slice(1, -1)},"download_count":${literal}}`);
    expect(problems).toEqual([{ field: 'download_count', reason }]);
    expect(downloadCount).toBeNull();
  });

  test('is one whose extra fields no table can hold', () => {
    expect(badSource(`{${JSON.stringify(good).slice(1, -1)},"size":1e400}`).problems).toEqual([
      { field: 'size', reason: 'is a number too large to store' },
    ]);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(badSource(`{${JSON.stringify(good).slice(1, -1)},"tags":${deep}}`).problems[0]?.reason).toContain(
      'nested deeper',
    );
    expect(badSource(`{${JSON.stringify(good).slice(1, -1)},"origin":{"a":${deep}}}`).problems[0]?.reason).toContain(
      'nested deeper',
    );
  });

  test('says everything that is wrong with it', () => {
    const fields = bad({ version: 1, created_at: 'never', download_count: -1 }).problems.map(({ field }) => field);
    expect(fields.sort()).toEqual(['created_at', 'download_count', 'id', 'name', 'version']);
  });

  test('keeps what could be read of it', () => {
    const read = bad({ ...good, id: ID.toUpperCase(), name: null, download_count: 9 });
    expect(read).toMatchObject({ id: ID, createdAt: good.created_at, downloadCount: 9 });
    expect(bad({ ...good, id: 'x', download_count: 9 })).toMatchObject({
      id: null,
      createdAt: good.created_at,
      downloadCount: 9,
    });
    expect(bad({ ...good, created_at: 'x' })).toMatchObject({ id: ID, createdAt: null });
  });

  test('has an unknown counter where it has none: 0 would be a fall that never was', () => {
    expect(bad({ ...good, name: null }).downloadCount).toBeNull();
  });

  test('has a counter that is exact although a double is not', () => {
    const literal = '1125899906842624.0';
    expect(badSource(`{"download_count":${literal},"id":"${ID}"}`).downloadCount).toBe(1125899906842624);
    expect(badSource(`{"download_count":1125899906842624.1,"id":"${ID}"}`).downloadCount).toBeNull();
  });

  test('holds its source text exactly as received', () => {
    const source = '{ "id" : "\\u0041",\n\t"name":"a\\/b" , "download_count":1.50e0, "x":[1 , {"y":"}"}] }';
    expect(badSource(source).source).toBe(source);
  });

  test('does not spoil the others of its page', () => {
    const page = parse(envelope([good, { ...good, name: null }, { ...good, id: ID.replace('0', '1') }]));
    expect(page.items.map(({ ok }) => ok)).toEqual([true, false, true]);
    const [, second] = page.items;
    expect(second?.ok === false && JSON.parse(second.bad.source)).toEqual({ ...good, name: null });
  });

  test('keeps no secret', () => {
    expect(bad({ ...good, id: 'x', note: 'hush-hush' }).source).toContain('"note":"[redacted]"');
  });

  test('has problems that are safe to store, whatever its keys are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, value) => {
        const item = onlyItem(JSON.stringify({ ...good, origin: { [key]: { [value]: value } }, [`x${key}`]: value }));
        if (item.ok) return;
        const text = item.bad.problems.map(({ field, reason }) => field + reason).join();
        expect(text).not.toMatch(/[\p{Cc}\p{Surrogate}]/u);
        expect(text.length).toBeLessThan(2000);
      }),
      {
        examples: [
          ['\u0000', ''],
          ['\ud800'.repeat(5000), ''],
          ['k', '\u0000'],
        ],
      },
    );
  });
});

describe('a record that repeats the secret that was sent', () => {
  const REASON = 'repeats the secret that was sent to the catalog';

  test.each([
    ['its name', { name: 'acme/hush-hush' }, 'name', REASON],
    ['its version, in capital letters', { version: 'HUSH-HUSH' }, 'version', REASON],
    ['a field that nobody knows', { headers: { authorization: ['Bearer hush-hush'] } }, 'headers', REASON],
    ['a field that nobody knows, in base64', { echo: Buffer.from('xhush-hush!').toString('base64') }, 'echo', REASON],
    ['its origin, as a key', { origin: { deep: [{ 'hush-hush': 1 }] } }, 'origin', REASON],
    ['the name of a field', { 'x hush-hush': 1 }, 'item', `has a field whose name ${REASON}`],
    ['a field that is wrong besides', { version: 7, name: 'hush-hush' }, 'name', REASON],
  ])('in %s is bad, and nothing that is kept of it has the secret', (_, fields, field, reason) => {
    const record = bad({ ...good, ...fields });
    expect(record).toMatchObject({ id: ID, createdAt: good.created_at });
    expect(record.problems[0]).toEqual({ field, reason });
    expect(record.source).toContain('[redacted]');
    expect(JSON.stringify(record)).not.toMatch(/hush-hush/i);
  });

  test('in a name of a field that is wrong besides does not show half of it there', () => {
    const long = `hush-hush${'x'.repeat(60)}`;
    const record = bad({ ...good, [long]: '\ud800', origin: { [long]: '\u0000' } });
    expect(JSON.stringify(record)).not.toContain('hush');
  });

  test('in its id has none', () => {
    const key = '0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B';
    const redactKey = createRedactor([key]);
    const secrets = { redact: redactKey, tellsSecret: tellsSecret(key, redactKey) };
    const [item] = parsePage(MODELS, JSON.stringify(envelope([good])), { ...context, ...secrets }).items;
    expect(item).toMatchObject({ ok: false, bad: { id: null, problems: [{ field: 'id', reason: REASON }] } });
  });

  test('leaves the others of its page alone', () => {
    const { items } = parse(envelope([{ ...good, name: 'hush-hush' }, good, 'hush-hush']));
    expect(items.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(JSON.stringify(items)).not.toContain('hush-hush');
  });

  test('is good where the secret is so short that it may stand there by chance', () => {
    const short = createRedactor(['acme']);
    const secrets = { redact: short, tellsSecret: tellsSecret('acme', short) };
    expect(parsePage(MODELS, JSON.stringify(envelope([good])), { ...context, ...secrets }).items[0]?.ok).toBe(true);
  });
});
