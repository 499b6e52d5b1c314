import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type CatalogClient, createCatalogClient } from '../../src/catalog/client.ts';
import type { FailureClass } from '../../src/catalog/failure.ts';
import type { JsonObject } from '../../src/catalog/page.ts';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
let impatient: CatalogClient | null = null;
afterEach(async () => {
  await impatient?.close();
  impatient = null;
  await harness.close();
});

const LETTERS = 'SELECT error_class, level, page, payload FROM mirror.dead_letters ORDER BY id';

/** Answers that are as bad for a table as for a parser, and the letter that each leaves. */
const HOSTILE: readonly [what: string, answer: Misbehaviour, letter: object][] = [
  [
    'text with U+0000',
    { act: 'raw', body: 'no\u0000JSON' },
    { error_class: 'invalid_json', payload: `base64:${Buffer.from('no\u0000JSON').toString('base64')}` },
  ],
  [
    'bytes that are no text',
    { act: 'raw', body: Uint8Array.of(0xff, 0x00) },
    { error_class: 'invalid_json', payload: 'base64:/wA=' },
  ],
  [
    'an error whose words hold U+0000 and half a character',
    { act: 'status', status: 403, detail: 'no\u0000\ud800', type: 'a\u0000b' },
    { error_class: 'forbidden', payload: String.raw`{"code":403,"detail":"no\u0000\ud800","type":"a\u0000b"}` },
  ],
];

describe.skipIf(!postgresAvailable)('a letter can hold', () => {
  it.each(HOSTILE)('%s in place of the first page', async (_, answer, letter) => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    harness.catalog.script(() => answer);
    expect(await harness.night('2025-01-01')).toMatchObject({ state: 'failed', figures: { letters: 1 } });
    expect(await harness.rows(LETTERS)).toEqual([{ level: 'organization', page: null, ...letter }]);
  });

  it.each(HOSTILE)('%s in place of a later page, and the others are stored', async (_, answer, letter) => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    harness.catalog.script((request) => (request.query['page'] === '2' ? answer : undefined));
    expect(await harness.night('2025-01-01')).toMatchObject({ state: 'partial', figures: { added: 15, letters: 1 } });
    expect(await harness.rows(LETTERS)).toEqual([{ level: 'page', page: 2, ...letter }]);
  });
});

/** Answers that come at once where nothing is wrong, and a limit of size that they keep. */
const TIMEOUT_MS = 400;
const MOST_BYTES = 20_000;
/** What a catalog, or whatever stands in its place, may answer instead of a page, and the class it belongs to. */
const ANSWERS: readonly [what: string, answer: Misbehaviour, failureClass: FailureClass][] = [
  ['a gateway’s HTML for 502', { act: 'status', status: 502, html: '<h1>Bad Gateway</h1>' }, 'bad_gateway'],
  ['a gateway’s HTML for 504', { act: 'status', status: 504, html: '<h1>Gateway Timeout</h1>' }, 'gateway_timeout'],
  ['HTML for 200', { act: 'raw', body: '<!doctype html><title>Sign in</title>' }, 'invalid_json'],
  ['JSON that breaks off', { act: 'raw', body: '{"models":[{"id":"' }, 'invalid_json'],
  ['nothing', { act: 'raw', body: '' }, 'invalid_json'],
  ['another page', { act: 'change', change: (page) => ({ ...page, page: 77 }) }, 'contract_violation'],
  ['a larger limit', { act: 'change', change: (page) => ({ ...page, limit: 1_000 }) }, 'contract_violation'],
  [
    'a negative number of pages',
    { act: 'change', change: (page) => ({ ...page, total_pages: -1 }) },
    'contract_violation',
  ],
  ['brackets as deep as it may be long', { act: 'raw', body: nested(MOST_BYTES / 2) }, 'contract_violation'],
  ['quotes without an end', { act: 'raw', body: `"\\\\${'\\"'.repeat(MOST_BYTES / 4)}` }, 'invalid_json'],
  ['no items', { act: 'change', change: ({ models, ...page }) => page }, 'contract_violation'],
  ['a body beyond the limit', { act: 'raw', body: ' '.repeat(20_001) }, 'too_large'],
  ['a body that unpacks beyond the limit', packed(' '.repeat(1_000_000)), 'too_large'],
  ['a body that drips for ever', { act: 'drip', bytes: 1, everyMs: 5 }, 'timeout'],
  ['nothing more after the headers', { act: 'hang', keepBytes: 0 }, 'timeout'],
  ['a reset in mid-body', { act: 'reset', keepBytes: 40 }, 'connection'],
  ['fewer bytes than it promised', { act: 'truncate', keepBytes: 40 }, 'connection'],
  ['a redirect', { act: 'redirect', location: 'https://elsewhere.example/' }, 'redirect'],
];

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function packed(body: string): Misbehaviour {
  return { act: 'raw', body: gzipSync(body), headers: { 'content-encoding': 'gzip' } };
}

const LEVELS = [
  { page: 1, level: 'organization', letterPage: null, state: 'failed', added: 0 },
  { page: 2, level: 'page', letterPage: 2, state: 'partial', added: 15 },
] as const;
const TABLE = ANSWERS.flatMap(([what, answer, failureClass]) =>
  LEVELS.map((level) => ({ what, answer, failureClass, ...level })),
);

/** For three pages: whatever the catalog announces, it is not asked for millions. */
const MOST_REQUESTS = 300;

describe.skipIf(!postgresAvailable)('a catalog that answers', () => {
  it.each(TABLE)('$what in place of page $page leaves one letter of class $failureClass', async (row) => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    impatient = createCatalogClient({
      url: harness.catalog.url,
      version: '0.0.0-test',
      clock: harness.clock,
      timeoutMs: TIMEOUT_MS,
      maxBodyBytes: MOST_BYTES,
    });
    const client = impatient;
    harness.configure({ clientFor: () => client });
    harness.catalog.script((request) => (request.query['page'] === String(row.page) ? row.answer : undefined));
    const run = await harness.night('2025-01-01');
    expect(run).toMatchObject({ state: row.state, errorClass: row.failureClass });
    expect(run.figures).toMatchObject({ added: row.added, letters: 1 });
    expect(await harness.rows('SELECT error_class, level, page FROM mirror.dead_letters')).toEqual([
      { error_class: row.failureClass, level: row.level, page: row.letterPage },
    ]);
  });

  it('that there are more pages for ever is read to a bound, and ends nothing', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    await harness.night('2025-01-01');
    harness.catalog.script(() => ({ act: 'change', change: (page) => ({ ...page, has_next: true }) }));
    const run = await harness.night('2025-01-02');
    expect(run.figures).toMatchObject({ listed: 25, superseded: 0, withdrawn: 0 });
    expect(run.figures.requests).toBeLessThan(MOST_REQUESTS);
  });

  it.each([9_007_199_254_740_991, 1_000_000_000_000_000, 1, 0])(
    'a total of pages that is absurd (%d) is not believed',
    async (absurd) => {
      harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
      harness.catalog.script(() => ({ act: 'change', change: (page) => ({ ...page, total_pages: absurd }) }));
      const run = await harness.night('2025-01-01');
      expect(run).toMatchObject({ figures: { added: 25, withdrawn: 0 } });
      expect(run.figures.requests).toBeLessThan(MOST_REQUESTS);
    },
  );

  it('a total that is absurd is read to a bound, and ends nothing', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
    const change = (page: JsonObject): JsonObject => ({ ...page, total: 1_000_000_000, total_pages: 100_000_000 });
    harness.catalog.script(() => ({ act: 'change', change }));
    const run = await harness.night('2025-01-01');
    expect(run.state).not.toBe('certified');
    expect(run.figures).toMatchObject({ added: 25, superseded: 0, withdrawn: 0 });
    expect(run.figures.requests).toBeLessThan(MOST_REQUESTS);
  });
});
