import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { type ClaimedRun, claimRun } from '../../src/store/claim-run.ts';
import { countListed } from '../../src/store/count-listed.ts';
import { distinctStagedIds, stagedPages } from '../../src/store/staged-facts.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { type AnswerPlace, artifactId, bad, good, identity, instant, pageOf, START, stagePage } from './ground.ts';
import { killSession, untilWaiting } from './sessions.ts';

describe.skipIf(!postgresAvailable)('staging a page', () => {
  const database = useTestDatabase();
  const clients: pg.Client[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end().catch(() => {});
  });

  async function claimed(): Promise<{ readonly client: pg.PoolClient; readonly run: ClaimedRun }> {
    const client = Object.assign(new pg.Client({ connectionString: database.connectionString }), { release() {} });
    client.on('error', () => {});
    clients.push(client);
    await client.connect();
    const claim = await claimRun(client, identity(), { trigger: 'manual', startedAt: START, resumeMinutes: 60 });
    if (claim.status !== 'claimed') throw new Error('another worker is at it');
    return { client, run: claim.run };
  }

  const stage = (
    { client, run }: { readonly client: pg.PoolClient; readonly run: ClaimedRun },
    items: readonly PageItem[],
    place: AnswerPlace = {},
  ): Promise<boolean> => {
    const { summary, answer } = pageOf(items, place);
    return stagePage(client, run, summary, answer);
  };
  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await database.pool.query(sql)).rows;
  const counts = async (): Promise<readonly unknown[]> =>
    Object.values(
      (
        await rows(`SELECT (SELECT count(*)::integer FROM mirror.staged_pages) AS pages,
                           (SELECT count(*)::integer FROM mirror.staged_artifacts) AS items,
                           (SELECT count(*)::integer FROM mirror.staged_bad_records) AS bad`)
      )[0] ?? {},
    );

  it('keeps every field of a record, whatever characters and however many microseconds', async () => {
    const ground = await claimed();
    const name = 'acme/möd\\el\t"1"\n\u2028😀';
    const extra = { nested: { 'k\\N': ['\\.', '\r\n', null, 9007199254740991] } };
    const record = good(1, {
      name,
      version: '\\N',
      framework: '',
      isPublic: false,
      downloadCount: Number.MAX_SAFE_INTEGER,
      origin: { via: 'tab\there' },
      createdAt: instant('0099-01-01T00:00:00.123456Z'),
      extra,
    });
    expect(await stage(ground, [record, good(2, { name: 'alone' })])).toBe(true);
    expect(
      await rows(`SELECT id, good, name, owner, version, framework, is_public, download_count, origin, extra, position,
                         to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS created_at, arrived_at
                  FROM mirror.staged_artifacts WHERE id = '${artifactId(1)}'`),
    ).toEqual([
      {
        id: artifactId(1),
        good: true,
        name,
        owner: 'acme',
        version: '\\N',
        framework: '',
        is_public: false,
        download_count: '9007199254740991',
        origin: { via: 'tab\there' },
        extra,
        position: 0,
        created_at: '0099-01-01 00:00:00.123456',
        arrived_at: START,
      },
    ]);
    expect(await rows(`SELECT owner, origin FROM mirror.staged_artifacts WHERE id = '${artifactId(2)}'`)).toEqual([
      { owner: null, origin: null },
    ]);
  });

  it('keeps of a bad record what could be read, and its source word for word', async () => {
    const ground = await claimed();
    const source = '{"name":"\\ud800",\n "download_count": -1}';
    const problems = [
      { field: 'name', reason: 'holds half a character' },
      { field: 'download_count', reason: 'is negative' },
    ];
    await stage(ground, [
      good(1),
      bad({ id: artifactId(7), createdAt: instant('2024-01-02T00:00:00Z'), downloadCount: 5, problems, source }),
      bad(),
    ]);
    expect(
      await rows(`SELECT position, good, id, download_count, name FROM mirror.staged_artifacts
                  WHERE NOT good ORDER BY position`),
    ).toEqual([
      { position: 1, good: false, id: artifactId(7), download_count: '5', name: null },
      { position: 2, good: false, id: null, download_count: null, name: null },
    ]);
    expect(
      await rows('SELECT position, artifact_id, identity, detail, source FROM mirror.staged_bad_records LIMIT 1'),
    ).toEqual([
      {
        position: 1,
        artifact_id: artifactId(7),
        identity: `digest of ${source}`,
        detail: 'name holds half a character; download_count is negative',
        source,
      },
    ]);
  });

  it('enters the page in the ledger, as the walk will want to read it', async () => {
    const ground = await claimed();
    const pages = [
      pageOf([good(1), bad()], { pass: null }),
      pageOf([good(1), bad()], { page: 1 }),
      pageOf([], { page: 2 }),
      pageOf([good(1)], { pass: 2 }),
    ];
    for (const { summary, answer } of pages.toReversed()) {
      await stagePage(ground.client, ground.run, summary, answer);
    }
    expect(await stagedPages(ground.client, ground.run.runId)).toEqual(pages.map(({ summary }) => summary));
  });

  it('counts the different ids of one reading or of all, and not those that could not be read', async () => {
    const ground = await claimed();
    await stage(ground, [good(1), good(2), bad(), bad({ id: artifactId(3) })], { page: 1 });
    await stage(ground, [good(2), good(4)], { page: 2 });
    await stage(ground, [good(9)], { pass: 2 });
    expect(await distinctStagedIds(ground.client, ground.run.runId, 1)).toBe(4);
    expect(await distinctStagedIds(ground.client, ground.run.runId, 2)).toBe(1);
    expect(await distinctStagedIds(ground.client, ground.run.runId, 3)).toBe(0);
    expect(await countListed(drizzle(ground.client), ground.run.runId, identity())).toMatchObject({
      listed: 5,
      readings: 6,
    });
  });

  it('stages a page as a whole or not at all, and the connection goes on', async () => {
    const ground = await claimed();
    const broken = good(2, { name: 'acme/\0' });
    await expect(stage(ground, [good(1), bad(), broken])).rejects.toMatchObject({ code: '22021' });
    expect(await counts()).toEqual([0, 0, 0]);
    expect(await stage(ground, [good(1), bad()])).toBe(true);
    expect(await counts()).toEqual([1, 2, 1]);
  });

  it('stages no answer twice, but the same page as often as it was asked for', async () => {
    const ground = await claimed();
    await stage(ground, [good(1), bad()], { asked: 1 });
    await expect(stage(ground, [good(1), bad()], { asked: 1 })).rejects.toMatchObject({ code: '23505' });
    expect(await counts()).toEqual([1, 2, 1]);
    await stage(ground, [good(1), bad()], { asked: 3 });
    await stage(ground, [good(1), bad()], { pass: null, asked: 5 });
    expect(await counts()).toEqual([3, 6, 3]);
  });

  it('keeps what each answer covers: an open interval, without a bound at the ends of the list', async () => {
    const ground = await claimed();
    const items = [good(1), good(2), good(3)];
    await stage(ground, items, { page: 1, asked: 1 });
    await stage(ground, items, { page: 1, asked: 2, limit: 3, hasNext: true });
    await stage(ground, items, { page: 2, asked: 3, limit: 3, hasNext: true });
    await stage(ground, items, { page: 2, asked: 4, limit: 4 });
    await stage(ground, items.toReversed(), { page: 2, asked: 5 });
    await stage(ground, [], { page: 2, asked: 6 });
    const [first, last] = [new Date('2024-01-01T00:00:01Z'), new Date('2024-01-01T00:00:03Z')];
    expect(
      await rows(`SELECT asked, covers IS NOT NULL AS covers, lower(covers) AS after, upper(covers) AS before,
                         coalesce(lower_inc(covers) OR upper_inc(covers), false) AS closed
                  FROM mirror.staged_pages ORDER BY asked`),
    ).toEqual([
      { asked: 1, covers: true, after: null, before: null, closed: false },
      { asked: 2, covers: true, after: null, before: last, closed: false },
      { asked: 3, covers: true, after: first, before: last, closed: false },
      { asked: 4, covers: true, after: first, before: null, closed: false },
      { asked: 5, covers: false, after: null, before: null, closed: false },
      { asked: 6, covers: false, after: null, before: null, closed: false },
    ]);
  });

  it('says what broke it where the connection is ended, and leaves nothing of the page', async () => {
    const ground = await claimed();
    const gate = await database.pool.connect();
    await gate.query('BEGIN');
    await gate.query('LOCK TABLE mirror.staged_bad_records');
    const refusal = expect(stage(ground, [good(1), bad()])).rejects.toMatchObject({ code: '57P01' });
    const [pid = 0] = await untilWaiting(database.pool);
    await killSession(database.pool, pid);
    await refusal;
    await gate.query('COMMIT');
    gate.release();
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it('waits for one who is taking the run over, and then writes nothing', async () => {
    const ground = await claimed();
    const rival = await database.pool.connect();
    await rival.query('BEGIN');
    await rival.query('UPDATE mirror.runs SET fencing_token = fencing_token + 1');
    const staged = stage(ground, [good(1), bad()]);
    await untilWaiting(database.pool);
    await rival.query('COMMIT');
    rival.release();
    expect(await staged).toBe(false);
    expect(await counts()).toEqual([0, 0, 0]);
  });
});
