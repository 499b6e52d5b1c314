import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import type { ApplyContext } from '../../src/store/apply/context.ts';
import type { ClaimedRun } from '../../src/store/claim-run.ts';
import type { RunRecord } from '../../src/store/read-runs.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, openNight, type Reads } from './apply-ground.ts';
import { artifactId, bad, good, goodRecord, START } from './ground.ts';

const LATER = new Date(START.getTime() + 1_000);

describe.skipIf(!postgresAvailable)('what stands in the mirror just as it is listed', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await client.query(sql)).rows;
  const open = (reads: Reads): Promise<ClaimedRun> => openNight(client, reads);
  const close = (run: ClaimedRun, changes: Partial<ApplyContext> = {}): Promise<RunRecord> =>
    closeNight(client, run, completeNight(), changes);
  const night = async (...pages: (readonly PageItem[])[]): Promise<RunRecord> =>
    close(await open(pages.map((items, index) => [items, { page: index + 1 }])));
  const settled = async (): Promise<readonly unknown[]> =>
    (await rows('SELECT unnest(settled) AS id FROM mirror.staged_pages ORDER BY id')).map(({ id }) => id);
  const staged = async (): Promise<readonly unknown[]> =>
    (await rows('SELECT id FROM mirror.staged_artifacts ORDER BY id')).map(({ id }) => id);
  const ids = (...numbers: readonly number[]): readonly string[] => numbers.map(artifactId);
  const written = async (): Promise<unknown> =>
    (
      await rows(`SELECT (SELECT array_agg(xmin::text ORDER BY id) FROM mirror.artifacts) AS artifacts,
                         (SELECT count(*)::integer FROM mirror.download_observations) AS observations,
                         (SELECT count(*)::integer FROM mirror.artifact_events) AS events`)
    )[0];

  it('is staged by its id alone, and what moved, changed or is new with its fields', async () => {
    await night([1, 2, 3, 4].map((n) => good(n)));
    await open([
      [[good(1), good(2, { downloadCount: 7 }), good(3, { version: '2' }), good(5)], { page: 1 }],
      [[good(4)], { page: 2 }],
    ]);
    expect(await settled()).toEqual(ids(1, 4));
    expect(await staged()).toEqual(ids(2, 3, 5));
  });

  it('is found without comparing each with each, though PostgreSQL has no statistics yet', async () => {
    await night([1, 2, 3, 4].map((n) => good(n)));
    await open([[[good(1), good(2, { downloadCount: 7 })]]]);
    await client.query('SET plan_cache_mode TO force_generic_plan');
    const anything = Array.from({ length: 20 }, () => 'NULL').join();
    const plan = await rows(`EXPLAIN EXECUTE "enter-answers"(${anything})`);
    const lines = plan.map((row) => String(row['QUERY PLAN'])).filter((line) => /digest/.test(line));
    expect(lines).toEqual([expect.stringMatching(/(Hash|Merge) Cond: .*digest/)]);
  });

  it('counts as listed, and nothing of it is written', async () => {
    await night([1, 2, 3].map((n) => good(n)));
    const before = await written();
    const run = await night([1, 2, 3].map((n) => good(n)));
    expect(run.figures).toMatchObject({ listed: 3, changed: 0, counted: 0, withdrawn: 0 });
    expect(await written()).toEqual(before);
  });

  it('supersedes another version of its name that is gone', async () => {
    await night([good(1), good(2, { name: 'acme/model-1', version: '2' }), good(3)]);
    const run = await night([good(2, { name: 'acme/model-1', version: '2' })]);
    expect(run.figures).toMatchObject({ superseded: 1, withdrawn: 1 });
  });

  it('is not settled while it has ended, is absent, or belongs to another organization', async () => {
    await night([1, 2, 3, 4].map((n) => good(n)));
    await client.query(`UPDATE mirror.artifacts SET ended_at = first_seen_at, ending = 'withdrawn' WHERE id = $1`, [
      artifactId(1),
    ]);
    await client.query('UPDATE mirror.artifacts SET absent_since = first_seen_at WHERE id = $1', [artifactId(2)]);
    await client.query(`UPDATE mirror.artifacts SET mirrored_by = 'rival' WHERE id = $1`, [artifactId(3)]);
    const run = await open([[[1, 2, 3, 4].map((n) => good(n))]]);
    expect(await settled()).toEqual(ids(4));
    expect((await close(run)).figures).toMatchObject({ restored: 1, listed: 4 });
  });

  it('is restored all the same where another run ended it after it was listed', async () => {
    await night([good(1), good(2)]);
    const run = await open([[[good(1), good(2)]]]);
    expect(await settled()).toEqual(ids(1, 2));
    await client.query(
      `UPDATE mirror.artifacts SET mirrored_by = 'rival', ended_at = first_seen_at, ending = 'out_of_scope' WHERE id = $1`,
      [artifactId(1)],
    );
    expect((await close(run)).figures).toMatchObject({ restored: 1, listed: 2, withdrawn: 0 });
    expect(
      await rows(
        `SELECT mirrored_by, ended_at, name, download_count FROM mirror.artifacts WHERE id = '${artifactId(1)}'`,
      ),
    ).toEqual([{ mirrored_by: 'acme', ended_at: null, name: 'acme/model-1', download_count: '10' }]);
  });

  it('is left alone where another run took it over after it was listed', async () => {
    await night([good(1, { name: 'solo/one' }), good(2)]);
    const run = await open([[[good(1, { name: 'solo/one' }), good(2)]]]);
    await client.query(`UPDATE mirror.artifacts SET mirrored_by = 'solo', run_order = 99 WHERE id = $1`, [
      artifactId(1),
    ]);
    const before = await written();
    expect((await close(run)).figures).toMatchObject({ restored: 0, changed: 0, counted: 0, withdrawn: 0 });
    expect(await written()).toEqual(before);
  });

  it('is the last word where an earlier read listed it otherwise, and is not where a later one does', async () => {
    await night([good(1), good(2)]);
    const moved = { downloadCount: 99 };
    const run = await open([
      [[good(1, moved), good(2)], { page: 1 }],
      [[good(1), good(2, moved)], { page: 1, pass: null, asked: 90, arrivedAt: LATER }],
    ]);
    expect((await close(run)).figures).toMatchObject({ counted: 1, listed: 2 });
    expect(await rows('SELECT download_count::integer AS count FROM mirror.artifacts ORDER BY id')).toEqual([
      { count: 10 },
      { count: 99 },
    ]);
  });

  it.each([
    ['first', [good(1), good(2), good(1, { version: '2' })], '2'],
    ['last', [good(1, { version: '2' }), good(2), good(1)], '1.0.0'],
  ])('and listed %s of two on one page goes by what stands behind the other', async (_, items, version) => {
    await night([good(1), good(2)]);
    await night(items);
    expect(await rows(`SELECT version FROM mirror.artifacts WHERE id = '${artifactId(1)}'`)).toEqual([{ version }]);
  });

  it('is known again after its counter was read from a bad record', async () => {
    await night([good(1), good(2)]);
    await night([bad({ id: artifactId(1), downloadCount: 50 }), good(2)]);
    expect(await rows('SELECT digest IS NULL AS is_void FROM mirror.artifacts ORDER BY id')).toEqual([
      { is_void: true },
      { is_void: false },
    ]);
    await night([good(1, { downloadCount: 50 }), good(2)]);
    await open([[[good(1, { downloadCount: 50 }), good(2)]]]);
    expect(await settled()).toEqual(ids(1, 2));
  });

  it('is staged with its fields, and no less right, where too many artifacts share its place to look at all', async () => {
    const { createdAt } = goodRecord(1);
    const tied = Array.from({ length: 60 }, (_, n) => good(n, { createdAt }));
    await night(tied);
    const run = await open([[[good(59, { createdAt }), good(58, { createdAt })]]]);
    expect([...(await settled()), ...(await staged())].length).toBe(2);
    expect((await close(run)).figures).toMatchObject({ listed: 2, changed: 0, counted: 0 });
  });
});
