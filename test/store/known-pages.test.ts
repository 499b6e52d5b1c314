import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogPage, KnownList, PageItem } from '../../src/catalog/page.ts';
import { applyNight } from '../../src/store/apply/apply-night.ts';
import type { ClaimedRun } from '../../src/store/claim-run.ts';
import { countByStretch } from '../../src/store/count-by-stretch.ts';
import { countListedByHash } from '../../src/store/count-listed.ts';
import { stagePages } from '../../src/store/stage-pages.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, inexactNight, openNight, WALK } from './apply-ground.ts';
import { applyContext, artifactId, good, identity, instant, naming, pageOf } from './ground.ts';

const SCOPE = identity();

/** A page as the catalog's client makes it of a list that is known: nobody looks at its items unless he must. */
function knownPage(items: readonly PageItem[], page: number, runId: string, isLookedAt = false) {
  const { answer, summary } = pageOf(items, { page });
  const { unread } = answer;
  if (unread == null) throw new Error('a bad record is on it');
  if (summary.first === null || summary.last === null) throw new Error('it is empty');
  const known: KnownList = { items: items.length, first: summary.first, last: summary.last, ids: summary.ids, runId };
  const seen: CatalogPage = {
    ...answer,
    get items(): readonly PageItem[] {
      throw new Error('somebody read it');
    },
    unread: {
      ...unread,
      known,
      get sighted() {
        if (!isLookedAt) throw new Error('somebody looked at its items');
        return unread.sighted;
      },
    },
  };
  return { answer: seen, summary };
}

describe.skipIf(!postgresAvailable)('known pages', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  const PAGES = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ].map((numbers) => numbers.map((n) => good(n)));

  /** A first night that stores the nine, and a second one that lists them as they are. */
  async function openKnown(): Promise<ClaimedRun> {
    const first = await openNight(
      client,
      PAGES.map((items, index) => [items, { page: index + 1 }]),
    );
    await closeNight(client, first, completeNight());
    const run = await openNight(client, []);
    const answers = PAGES.map((items, index) => knownPage(items, index + 1, first.runId));
    expect(await stagePages(client, run, answers, naming)).toEqual({ items: 9, settled: 9 });
    return run;
  }
  const counts = (run: ClaimedRun) => countListedByHash(client, run.runId, SCOPE);
  const counted = (run: ClaimedRun) => countByStretch(drizzle(client), run.runId, SCOPE);
  const all = { listed: 9, readings: 9, unsettled: 0, outside: 0, current: 9, unlisted: 0, lost: 0 };

  it('are counted without a look at their ids', async () => {
    const run = await openKnown();
    expect(await counted(run)).toEqual(all);
    expect(await counts(run)).toEqual(all);
  });

  it.each([
    ['ended', `ended_at = first_seen_at, ending = 'out_of_scope'`, { restored: 1 }],
    ['taken over', `mirrored_by = 'rival', run_order = 99`, { restored: 0 }],
  ])('are counted once more by the apply where one was %s since', async (_, change, figures) => {
    const run = await openKnown();
    const before = await counts(run);
    expect(before).toEqual(all);
    await client.query(`UPDATE mirror.artifacts SET ${change} WHERE id = $1`, [artifactId(5)]);
    await applyNight(client, run, applyContext(run.runId), completeNight(), WALK, { counts: before, handovers: null });
    const { rows } = await client.query(
      'SELECT state, listed, restored, withdrawn, changed FROM mirror.runs WHERE id = $1',
      [run.runId],
    );
    expect(rows).toEqual([{ state: 'certified', listed: 9, withdrawn: 0, changed: 0, ...figures }]);
  });

  it.each([
    ['before the first', 0],
    ['behind the last', 10],
  ])('are counted one by one where an artifact stands %s of them, also if another is lost', async (_, n) => {
    const early = await openNight(client, [[[good(n)]]]);
    await closeNight(client, early, inexactNight(null));
    const run = await openKnown();
    const one = `UPDATE mirror.artifacts SET ended_at = NULL, ending = NULL WHERE id = $1`;
    await client.query(one, [artifactId(n)]);
    expect(await counted(run)).toBeNull();
    expect(await counts(run)).toEqual({ ...all, current: 10, unlisted: 1 });
    await client.query(`UPDATE mirror.artifacts SET mirrored_by = 'rival' WHERE id = $1`, [artifactId(5)]);
    expect(await counted(run)).toBeNull();
    expect(await counts(run)).toEqual({ ...all, outside: 1, current: 9, unlisted: 1, lost: 1 });
  });

  it('are counted one by one where they touch, or anything else was listed', async () => {
    const run = await openKnown();
    const again = knownPage(PAGES[1] ?? [], 2, run.runId);
    const answers = [{ ...again, summary: { ...again.summary, asked: 900, arrived: 901, pass: null } }];
    await stagePages(client, run, answers, naming);
    expect(await counted(run)).toBeNull();
    expect(await counts(run)).toEqual({ ...all, readings: 12 });
  });

  it('are counted beside a page with new items, of which each is looked at', async () => {
    const run = await openKnown();
    const { answer, summary } = pageOf([good(20)], { page: 4 });
    await stagePages(client, run, [{ answer, summary }], naming);
    expect(await counted(run)).toEqual({ ...all, listed: 10, readings: 10, unsettled: 1, outside: 1 });
  });

  it.each([
    ['of another run', 'another run'],
    ['of this run', 'this run'],
    ['of an empty mirror', 'nothing'],
  ])('are counted without reading all of one for each of the others, by statistics %s', async (_, analyzed) => {
    const analyze = () => client.query('ANALYZE mirror.artifacts, mirror.staged_pages, mirror.staged_artifacts');
    const many = Array.from({ length: 150 }, (_, page) =>
      Array.from({ length: 20 }, (_, place) => {
        const n = 20 * page + place;
        const createdAt = instant(new Date(Date.UTC(2024, 0, 1) + 1_000 * n).toISOString());
        return good(1, { id: artifactId(n), name: `acme/model-${n}`, createdAt });
      }),
    );
    const pages = many.map((items, index) => pageOf(items, { page: index + 1, limit: 20 }));
    const first = await openNight(client, []);
    await stagePages(client, first, pages, naming, 'new');
    if (analyzed === 'another run') await analyze();
    await closeNight(client, first, completeNight());
    const run = await openNight(client, []);
    const moved = many.map((items, index) =>
      pageOf(
        items.map((item, place) =>
          place === 7 && item.ok ? { ok: true as const, record: { ...item.record, downloadCount: 999_999 } } : item,
        ),
        { page: index + 1, limit: 20 },
      ),
    );
    expect(await stagePages(client, run, moved, naming, 'mixed')).toEqual({ items: 3_000, settled: 2_850 });
    if (analyzed === 'this run') await analyze();
    const before = await rowsRead();
    expect(await counted(run)).toEqual({
      listed: 3_000,
      readings: 3_000,
      unsettled: 150,
      outside: 0,
      current: 3_000,
      unlisted: 0,
      lost: 0,
    });
    expect((await rowsRead()) - before).toBeLessThan(10_000);
  });

  /** How many rows of these tables were read so far, by whichever way. */
  async function rowsRead(): Promise<number> {
    await client.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await client.query<{ rows: number }>(
      `SELECT sum(seq_tup_read + idx_tup_fetch)::integer AS rows FROM pg_stat_user_tables
       WHERE schemaname = 'mirror' AND relname IN ('artifacts', 'staged_pages', 'staged_artifacts')`,
    );
    return rows[0]?.rows ?? 0;
  }

  it('are looked at item by item where the mirror does not hold what they list', async () => {
    const run = await openNight(client, []);
    const answers = PAGES.map((items, index) => knownPage(items, index + 1, run.runId, true));
    const readable = answers.map(({ answer, summary }, index) => ({
      summary,
      answer: { ...pageOf(PAGES[index] ?? [], { page: index + 1 }).answer, unread: answer.unread ?? null },
    }));
    expect(await stagePages(client, run, readable, naming)).toEqual({ items: 9, settled: 0 });
    expect((await closeNight(client, run, completeNight())).figures).toMatchObject({ added: 9 });
  });

  it('are entered for nobody whose run was taken over', async () => {
    const run = await openKnown();
    const answers = [knownPage(PAGES[0] ?? [], 1, run.runId)];
    expect(await stagePages(client, { ...run, fencingToken: '999' }, answers, naming)).toBeNull();
  });
});
