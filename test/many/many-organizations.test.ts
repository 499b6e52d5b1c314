import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenDemands } from '../../bench/organizations/checks.ts';
import { type Fire, measureFire } from '../../bench/organizations/fire.ts';
import { listsOf, organizationNames } from '../../bench/organizations/lists.ts';
import { createSystemClock } from '../../src/clock.ts';
import { startFakeCatalog } from '../../src/fake/server.ts';
import { packageRoot } from '../../src/package-root.ts';
import { QUEUES, type Queue } from '../cli/ground.ts';
import { type BuiltProgram, buildProgram } from '../support/built-program.ts';
import { createTestDatabase } from '../support/database.ts';
import { emptyRedis } from '../support/redis.ts';

const ORGANIZATIONS = 60;
const ARTIFACTS = 200;
const WORKERS = 2;

/** What `npm run bench:organizations` measures, in small. */
async function fireOnce(queue: Queue, program: BuiltProgram): Promise<Fire> {
  const catalog = await startFakeCatalog({ organizations: listsOf(ORGANIZATIONS, ARTIFACTS) });
  const database = await createTestDatabase({ empty: true });
  const redis = queue === 'Redis' ? await emptyRedis() : null;
  try {
    return await measureFire({
      program: program.script,
      folder: program.folder,
      catalogUrl: catalog.url,
      databaseUrl: database.connectionString,
      redisUrl: redis?.url ?? null,
      organizations: organizationNames(ORGANIZATIONS),
      workers: WORKERS,
      leadMs: 12_000,
      withinMs: 120_000,
      clock: createSystemClock(),
    });
  } finally {
    await catalog.close();
    await redis?.release();
    await database.drop();
  }
}

const available = QUEUES.filter((one) => one.available).map(({ queue }) => queue);

describe.skipIf(available.length === 0)('many organizations whose schedules fire at one moment', () => {
  let program: BuiltProgram | undefined;
  const fires = new Map<Queue, Fire>();
  const fireOn = (queue: Queue): Fire => {
    const fire = fires.get(queue);
    if (fire === undefined) throw new Error(`nothing fired on ${queue}`);
    return fire;
  };
  beforeAll(async () => {
    const built = await buildProgram(join(packageRoot(), 'src', 'cli', 'main.ts'));
    program = built;
    // Side by side, because each waits for its moment most of the time.
    await Promise.all(available.map(async (queue) => fires.set(queue, await fireOnce(queue, built))));
  }, 300_000);
  afterAll(() => program?.remove());

  describe.each(available)('over %s', (queue) => {
    it('are all certified, each by one run, with at least half its share for each worker', () => {
      const demands = { organizations: ORGANIZATIONS, artifacts: ARTIFACTS, rssMb: 300 };
      expect(brokenDemands(fireOn(queue), demands)).toEqual([]);
    });

    it('leave the workers with nothing to complain of', () => {
      expect(fireOn(queue).remarks).toEqual([]);
    });
  });
});
