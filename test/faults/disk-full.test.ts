import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindCatalog } from '../../src/store/catalog-address.ts';
import { startCommand } from '../cli/terminal.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from '../mirror/harness.ts';
import { placeStops } from '../mirror/turnstile.ts';
import { postgresAvailable } from '../support/database.ts';
import { emptyRedis, redisAvailable } from '../support/redis.ts';
import { openSmallDisk, type SmallDisk, smallDiskAvailable } from './small-disk.ts';

const FULL = {
  class: 'database',
  detail: expect.stringContaining('No space left on device'),
  hint: 'Free some disk space on the database server; the next run goes on from there.',
};

describe.skipIf(!smallDiskAvailable || !postgresAvailable)('a disk of PostgreSQL that is full', () => {
  let disk: SmallDisk;
  let harness: Harness;
  let organization: string;
  let tests = 0;
  beforeAll(async () => {
    disk = await openSmallDisk();
  });
  afterAll(() => disk.remove());

  // An organization of its own for each test: they share the disk.
  beforeEach(async () => {
    tests += 1;
    organization = `org${tests}`;
    harness = await openHarness({ lists: { [organization]: [] }, pageSize: 100 });
    harness.configure({ pool: disk.pool });
    for (const one of artifacts(1, 300, organization)) harness.catalog.put(organization, one);
    await harness.night('2025-01-01', organization);
    for (let n = 1; n <= 300; n++) {
      harness.catalog.update(organization, artifactId(n, organization), { download_count: 10_000 + n });
    }
    for (let n = 301; n <= 600; n++) harness.catalog.put(organization, artifact(n, {}, organization));
    harness.clock.set('2025-01-02T03:00:00Z');
  });
  afterEach(async () => {
    await disk.free();
    await harness.close();
  });

  const rows = async (sql: string) => (await disk.pool.query(sql, [organization])).rows;
  const runs = () => rows('SELECT state FROM mirror.runs WHERE organization = $1 ORDER BY runs.id');
  const mirrored = () =>
    rows(
      `SELECT (SELECT count(*)::integer FROM mirror.artifacts WHERE mirrored_by = $1) AS artifacts,
              count(*)::integer AS observations
       FROM mirror.download_observations
       JOIN mirror.artifacts ON artifacts.id = artifact_id
       WHERE mirrored_by = $1`,
    );
  const BEFORE = [{ artifacts: 300, observations: 300 }];
  const AFTER = [{ artifacts: 600, observations: 900 }];

  it('while pages are staged fails each attempt with what to do, and the run goes on once there is room', async () => {
    await disk.fill();
    await expect(harness.attempt(organization, { lastAttempt: false })).rejects.toMatchObject(FULL);
    // Not even its letter has room: the run stays open, and is not lost.
    await expect(harness.attempt(organization)).rejects.toMatchObject(FULL);
    expect(await mirrored()).toEqual(BEFORE);
    expect(await runs()).toEqual([{ state: 'certified' }, { state: 'running' }]);
    await disk.free();
    expect(await harness.attempt(organization)).toMatchObject({ run: { state: 'certified', figures: { added: 300 } } });
    expect(await mirrored()).toEqual(AFTER);
    expect(await runs()).toEqual([{ state: 'certified' }, { state: 'certified' }]);
  });

  it('while the night is applied leaves nothing half, and what is staged is applied once there is room', async () => {
    const database = { connectionString: disk.connectionString, pool: disk.pool, drop: async () => {} };
    const turnstile = await placeStops(database, ['BEFORE INSERT ON mirror.artifacts']);
    const attempt = expect(harness.attempt(organization, { lastAttempt: false })).rejects.toMatchObject(FULL);
    const { stop } = await turnstile.arrival();
    await disk.fill();
    await turnstile.open(stop);
    await attempt;
    await turnstile.close();
    expect(await mirrored()).toEqual(BEFORE);
    await disk.free();
    const requests = harness.catalog.requests.length;
    expect(await harness.attempt(organization)).toMatchObject({ run: { state: 'certified', figures: { added: 300 } } });
    expect(harness.catalog.requests).toHaveLength(requests);
    expect(await mirrored()).toEqual(AFTER);
  });

  it.skipIf(!redisAvailable)('is what a sync says, with what to do, and the next one certifies', async () => {
    const redis = await emptyRedis();
    const folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-full-'));
    try {
      const env = {
        CATALOG_URL: harness.catalog.url,
        CATALOG_ORGANIZATIONS: organization,
        DATABASE_URL: disk.connectionString,
        REDIS_URL: redis.url,
        CATALOG_MIRROR_HOME: join(folder, 'home'),
      };
      const sync = () => startCommand(['sync'], { env, cwd: folder }).ended;
      await disk.fill();
      // At its start, where it notes which catalog it mirrors.
      const refused = await sync();
      expect(refused).toMatchObject({ code: 2, out: '' });
      expect(refused.err).toMatch(/^error: .*\n.*No space left on device.*\n.*Free some disk space on the database/);
      await disk.free();
      await bindCatalog(disk.pool, `${harness.catalog.url}/api/v1`, new Date());
      await disk.fill();
      const failed = await sync();
      expect(failed.code).toBe(4);
      expect(failed.out.replaceAll(/\s+/g, ' ')).toMatch(
        /No space left on device.*Free some disk space on the database/,
      );
      await disk.free();
      const next = await sync();
      expect(next).toMatchObject({ code: 0, out: expect.stringMatching(/certified +600 /) });
      expect(await mirrored()).toEqual(AFTER);
    } finally {
      await redis.release();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
