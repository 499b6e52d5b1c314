import { describe, expect, it } from 'vitest';
import { QUEUES } from '../cli/ground.ts';
import { STACK } from '../cli/terminal.ts';
import { placeStops } from '../mirror/turnstile.ts';
import { kill, useEmbeddedGround } from '../support/embedded.ts';
import { openPostgresGround, type PostgresGround } from './postgres-ground.ts';

/**
 * Waits for a moment of the second night, and kills a process of PostgreSQL then: the server ends all others, goes
 * through crash recovery, which empties the staging tables, and takes connections again.
 */
type CrashDuring = (ground: PostgresGround) => Promise<void>;

const inTheWalk: CrashDuring = async (ground) => {
  const reached = new Promise<void>((resolve) => {
    const before = ground.catalog.requests.length;
    const forget = ground.catalog.script(({ organization, number }) => {
      if (organization !== 'acme' || number - before < 5) return undefined;
      forget();
      resolve();
      return { act: 'answer', latencyMs: 200 };
    });
  });
  await reached;
  const { rows } = await ground.pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'catalog-mirror' LIMIT 1",
  );
  await kill(rows[0]?.pid ?? 0, 'SIGKILL');
};

const inTheApply: CrashDuring = async (ground) => {
  const database = { connectionString: ground.databaseUrl, pool: ground.pool, drop: async () => {} };
  const turnstile = await placeStops(database, ['AFTER INSERT ON mirror.artifact_events']);
  const { process } = await turnstile.arrival();
  await kill(process, 'SIGKILL');
  await turnstile.close();
};

describe.each(QUEUES)('a worker over $queue whose PostgreSQL restarts', ({ queue, available }) => {
  const embedded = useEmbeddedGround();

  it.skipIf(!available).each([
    ['walk', inTheWalk],
    ['apply', inTheApply],
  ])(
    'in the middle of the %s certifies the run when it is back: nothing lost, nothing twice',
    async (_, crashDuring) => {
      const ground = await openPostgresGround(embedded, queue);
      await ground.beginSecondNight();
      const crashed = crashDuring(ground);
      const worker = ground.start(['worker']);
      await crashed;
      await worker.said(/models of acme: could not mirror the listing .*PostgreSQL: .*; .* \(to be tried again\)/);
      await worker.said(/run \d+ models of acme certified .*62 artifacts, 3 added/);
      await worker.said(/run \d+ models of globex certified .*3 artifacts, 0 added/);
      expect(await ground.readEnd()).toEqual(ground.expectedEnd());
      worker.signal('SIGTERM');
      const { code, err } = await worker.ended;
      expect(code).toBe(0);
      expect(err).not.toMatch(STACK);
    },
    60_000,
  );
});
