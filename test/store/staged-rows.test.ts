import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { CatalogPage } from '../../src/catalog/page.ts';
import { sightPage } from '../../src/catalog/sighted-page.ts';
import { copyTogether } from '../../src/store/copy-together.ts';
import { allItems, itemAt, STAGED_ROWS, type StagedItem, stagedRows } from '../../src/store/staged-rows.ts';
import { uuidAt, uuidBytes } from '../../src/store/uuid-bytes.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { artifactId, naming } from './ground.ts';

const ARRIVED = new Date('2025-01-15T03:00:01.234Z');

/** Items as their text stands on the page; `secret` is what no record may hold. */
function pageOf(items: readonly string[], secret: string | null = null): CatalogPage {
  const envelope = `"page":1,"limit":50,"total":${items.length},"total_pages":1,"has_next":false,"has_previous":false`;
  const page = sightPage(MODELS, Buffer.from(`{"models":[${items.join(',')}],${envelope}}`), {
    query: { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 1, limit: 50, includePublic: false },
    arrivedAt: ARRIVED,
    redact: (text) => (secret === null ? text : text.replaceAll(secret, '[redacted]')),
    tellsSecret: (text) => secret !== null && text.includes(secret),
  });
  if (page?.unread == null) throw new Error(`it was not seen: ${items.join()}`);
  return page;
}

const USUAL = { version: '1.0.0', framework: 'pytorch', is_public: true, download_count: 12, origin: null };
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
// One that is escaped makes the page one that must be read.
const key = text.filter((one) => JSON.stringify(one) === `"${one}"`);
const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
/** Most are good, and most of these plain: others are bad, or must be read to be understood. */
const item = fc
  .record({
    name: fc.oneof(
      { weight: 5, arbitrary: text.map((model) => `acme/${model}`) },
      { weight: 1, arbitrary: fc.oneof(text, fc.constantFrom('acme/\0', null, 7)) },
    ),
    changes: fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<object>(
          { download_count: -1 },
          { download_count: 2 ** 53 - 1 },
          { version: null },
          { origin: { source: 'a\u00e9', size: 0.1 } },
          { origin: 'none' },
        ),
      },
    ),
    extra: fc.dictionary(key, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 3 }),
    raw: fc.oneof(
      { weight: 4, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom(',"size":1.50', ',"size":1e3', ',"half":"\ud800"') },
    ),
  })
  .map(({ name, changes, extra, raw }) => ({ ...extra, ...USUAL, ...changes, name, raw }));

interface StagedRow {
  readonly good: boolean;
  readonly digest: string | null;
  readonly name: string | null;
}

describe.skipIf(!postgresAvailable)('the rows of what is staged', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  /** Stages items, and returns the rows that the table has of them. */
  async function staged(runId: string, items: readonly StagedItem[]): Promise<readonly StagedRow[]> {
    const rows = stagedRows(runId, { asked: 7, arrivedAt: ARRIVED, items }, naming.owner);
    await copyTogether(client, [{ target: STAGED_ROWS, rows: [rows] }]);
    const { rows: found } = await client.query<StagedRow>(
      `SELECT asked, position, arrived_at, digest, good, id, created_at::text, download_count, name, owner, version,
              framework, is_public, origin, extra::text
       FROM mirror.staged_artifacts WHERE run_id = $1 ORDER BY position`,
      [runId],
    );
    await client.query('DELETE FROM mirror.staged_artifacts WHERE run_id = $1', [runId]);
    return found;
  }

  it('are the same whether an item is taken as it stands in its bytes or read', async () => {
    let plain = 0;
    let bad = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (given) => {
        const page = pageOf(
          given.map(({ raw, ...fields }, n) => {
            const all = {
              ...fields,
              id: artifactId(n),
              created_at: `2024-01-01T00:00:${String(n).padStart(2, '0')}.5Z`,
            };
            return `${JSON.stringify(all).slice(0, -1)}${raw}}`;
          }),
        );
        const items = allItems(page);
        const read = page.items.map((one, position) => ({
          position,
          listed: { read: one, digest: page.unread == null ? null : uuidAt(page.unread.sighted.digests, position) },
        }));
        plain += items.filter(({ listed }) => 'plain' in listed).length;
        bad += read.filter(({ listed }) => !listed.read.ok).length;
        const rows = await staged('1', items);
        expect(rows).toEqual(await staged('2', read));
        expect(rows.map((row) => row.good && row.digest !== null)).toEqual(rows.map((row) => row.good));
        expect(rows.filter((row) => !row.good).every((row) => row.digest === null && row.name === null)).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(plain).toBeGreaterThan(100);
    expect(bad).toBeGreaterThan(20);
  });

  it('hold nothing of an item that tells the secret but what is read of it', () => {
    const told = JSON.stringify({
      ...USUAL,
      id: artifactId(1),
      name: 'acme/s3cret',
      created_at: '2024-01-01T00:00:01Z',
    });
    const other = JSON.stringify({ ...USUAL, id: artifactId(2), name: 'acme/two', created_at: '2024-01-01T00:00:02Z' });
    const [one, two] = [told, other].map((_, place) => {
      const { unread } = pageOf([told, other], 's3cret');
      return unread == null ? null : itemAt(unread, place).listed;
    });
    expect(one).toHaveProperty('read');
    expect(JSON.stringify(one)).not.toContain('s3cret');
    expect(two).toHaveProperty('plain');
    const all = allItems(pageOf([told, other], 's3cret')).map(({ listed }) => listed);
    expect(JSON.stringify(all)).not.toContain('s3cret');
  });

  it('are not written with another uuid than they have', () => {
    expect(() => uuidBytes([artifactId(1), 'no uuid', artifactId(2)])).toThrow(TypeError);
  });
});
