import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EmbeddedServer } from '../../src/embedded/types.ts';
import { packageRoot } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import { placeStops } from '../mirror/turnstile.ts';
import type { TestDatabase } from '../support/database.ts';
import { kill, postmasterPid, useEmbeddedGround } from '../support/embedded.ts';
import { LATER_NIGHT, type NightGround, openNight } from './nights.ts';
import { countStaged, createStateReader, readTables } from './state-of-mirror.ts';

/** Kills the server while a night is under way. Resolves when it is gone. */
type KillDuring = (night: {
  readonly ground: NightGround;
  readonly database: TestDatabase;
  readonly killServer: () => Promise<void>;
}) => Promise<void>;

const inTheWalk: KillDuring = ({ ground, killServer }) =>
  new Promise((resolve, reject) => {
    const before = ground.catalog.requests.length;
    const forget = ground.catalog.script(({ number }) => {
      if (number - before < 9) return undefined;
      forget();
      killServer().then(resolve, reject);
      return undefined;
    });
  });

const inTheApply: KillDuring = async ({ database, killServer }) => {
  const turnstile = await placeStops(database, ['AFTER INSERT ON mirror.artifact_events']);
  await turnstile.arrival();
  await killServer();
  await turnstile.close();
};

describe('kill -9 of PostgreSQL itself', () => {
  const embedded = useEmbeddedGround();

  it.each([
    ['walk', inTheWalk],
    ['apply', inTheApply],
  ])(
    'in the middle of the %s leaves the mirror as it was: the run starts over, and comes to the same end',
    async (_, killDuring) => {
      const home = await embedded.home();
      const first = await embedded.join(home);
      const whole = await undisturbedNight(first);
      const database = await openMirror(first, 'killed');
      const ground = await openNight(LATER_NIGHT, database.pool);
      onTestFinished(() => ground.close());
      const before = (await shownBy(database.pool)).shown;
      const requestsBefore = ground.catalog.requests.length;
      const killServer = async () => kill((await postmasterPid(home)) ?? 0, 'SIGKILL');
      const killed = killDuring({ ground, database, killServer });
      await expect(ground.attempt(ground.worker(database.pool))).rejects.toMatchObject({ class: 'database' });
      await killed;
      const halfNight = ground.catalog.requests.length - requestsBefore;
      await database.drop();
      await first.leave();

      ground.turnClockBack();
      const second = await embedded.join(home);
      const pool = connect(second, 'killed');
      expect(await countStaged(pool)).toBe(0);
      expect(await shownBy(pool)).toEqual({ shown: before, active: 1 });
      expect(halfNight).toBeGreaterThan(0);
      expect(await ground.attempt(ground.worker(pool))).toMatchObject({
        status: 'closed',
        run: { state: 'certified', figures: { requests: whole.requests } },
      });
      expect(ground.catalog.requests.length - requestsBefore - halfNight).toBe(whole.requests);
      expect(await readTables(pool)).toEqual(whole.tables);
      expect(await countStaged(pool)).toBe(0);
      await pool.end();
    },
    90_000,
  );
});

async function undisturbedNight(server: EmbeddedServer) {
  const database = await openMirror(server, 'undisturbed');
  const ground = await openNight(LATER_NIGHT, database.pool);
  onTestFinished(() => ground.close());
  const before = ground.catalog.requests.length;
  expect(await ground.attempt(ground.worker(database.pool))).toMatchObject({ run: { state: 'certified' } });
  const whole = {
    requests: ground.catalog.requests.length - before,
    tables: await readTables(database.pool),
  };
  await database.drop();
  return whole;
}

/** An empty mirror on this server. It stays there: the server is the test's own. */
async function openMirror(server: EmbeddedServer, name: string): Promise<TestDatabase> {
  await server.ensureDatabase(name);
  const pool = connect(server, name);
  await migrate(pool, { folder: join(packageRoot(), 'drizzle'), now: () => new Date('2025-01-01T00:00:00Z') });
  return { connectionString: server.connectionString(name), pool, drop: () => pool.end() };
}

function connect(server: EmbeddedServer, name: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: server.connectionString(name) });
  pool.on('error', () => {});
  return pool;
}

async function shownBy(pool: pg.Pool) {
  const read = await createStateReader(pool);
  return read();
}
