import pLimit from 'p-limit';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import { type Moment, type Strike, syncOnce } from '../end-to-end/killed-sync.ts';
import { LATER_NIGHT, type NightGround, withNight } from '../end-to-end/nights.ts';
import { type BuiltProgram, buildProgram } from '../end-to-end/processes.ts';
import { countStaged, readTables } from '../end-to-end/state-of-mirror.ts';
import { ACME } from '../queue/ground.ts';
import { postgresAvailable, type TestDatabase } from '../support/database.ts';

type Command = 'sync' | 'worker';

/** One moment in each phase of a run. */
const PHASES: readonly (readonly [phase: string, moment: Moment])[] = [
  ['claim', { by: 'words', words: 'INSERT INTO mirror.runs', decision: 'pass' }],
  ['walk', { by: 'request', number: 5 }],
  ['staging', { by: 'words', words: 'COPY mirror.staged_artifacts', decision: 'pass' }],
  ['apply', { by: 'words', words: 'begin isolation level', decision: 'pass' }],
  ['close', { by: 'words', words: 'finished_at = greatest', decision: 'pass' }],
];
/** What each says with its exit code when it was told to stop. */
const STOPPED: Readonly<Record<Command, number>> = { sync: 143, worker: 0 };
/** Both say in the docs that they need no longer than 30 seconds; a busy machine gets some more. */
const STOPS_WITHIN_MS = 40_000;
const TIMEOUT_MS = 180_000;

describe.skipIf(!postgresAvailable)('a process that is told to stop', { timeout: TIMEOUT_MS }, () => {
  let program: BuiltProgram;
  let whole: Awaited<ReturnType<typeof readTables>>;
  let requests: number;
  beforeAll(async () => {
    program = await buildProgram();
    await withNight(LATER_NIGHT, async (ground, database) => {
      const before = ground.catalog.requests.length;
      await syncOnce(program, ground, database, { moment: null });
      requests = ground.catalog.requests.length - before;
      whole = await readTables(database.pool);
    });
    return program.remove;
  });

  it.each<Command>(['sync', 'worker'])('finishes what it is at in any phase: %s', async (command) => {
    const sideBySide = pLimit(2);
    await Promise.all(
      PHASES.map(([phase, moment]) =>
        sideBySide(() =>
          withNight(LATER_NIGHT, async (ground, database) => {
            const told = await stop(command, ground, database, moment, ['SIGTERM']);
            expect({ phase, ...told }).toMatchObject({ phase, wasStruck: true, code: STOPPED[command] });
            expect(told.tookMs, phase).toBeLessThan(STOPS_WITHIN_MS);
            expect(await runStates(database), phase).toEqual(['certified', 'certified', 'certified']);
            expect(await readTables(database.pool), phase).toEqual(whole);
            expect(await countStaged(database.pool), phase).toBe(0);
          }),
        ),
      ),
    );
  });

  it.each<Command>(['sync', 'worker'])('hands back what does not end, and the next one reads the rest: %s', (command) =>
    withNight(LATER_NIGHT, async (ground, database) => {
      const restore = hangFrom(ground, 6);
      const told = await stop(command, ground, database, { by: 'request', number: 5 }, ['SIGTERM']);
      expect(told).toMatchObject({ wasStruck: true, code: STOPPED[command] });
      expect(told.tookMs).toBeLessThan(STOPS_WITHIN_MS);
      expect(await runStates(database)).toEqual(['certified', 'certified', 'running']);
      restore();
      await expectRestOfNight(ground, database);
    }),
  );

  it.each<Command>(['sync', 'worker'])('a second time ends at once, and loses nothing: %s', (command) =>
    withNight(LATER_NIGHT, async (ground, database) => {
      const restore = hangFrom(ground, 6);
      const told = await stop(command, ground, database, { by: 'request', number: 5 }, ['SIGTERM', 'SIGINT']);
      expect([130, 143]).toContain(told.code);
      expect(told.tookMs).toBeLessThan(5_000);
      expect(await runStates(database)).toEqual(['certified', 'certified', 'running']);
      restore();
      await expectRestOfNight(ground, database);
    }),
  );

  /** Lets a command work the night, and tells it to stop at a moment of it. */
  async function stop(
    command: Command,
    ground: NightGround,
    database: TestDatabase,
    moment: Moment,
    signals: readonly NodeJS.Signals[],
  ) {
    if (command === 'worker') await putOnQueue(database);
    let toldAt = Number.NaN;
    const strike: Strike = async (sync) => {
      toldAt = performance.now();
      for (const signal of signals) sync.process.kill(signal);
      return 'once';
    };
    const { code, err, wasStruck } = await syncOnce(program, ground, database, { moment, strike, command });
    return { code, err, wasStruck, tookMs: performance.now() - toldAt };
  }

  /** The next one reads only what is not staged yet, and the end is that of a night that nothing disturbed. */
  async function expectRestOfNight(ground: NightGround, database: TestDatabase): Promise<void> {
    const staged = (await database.pool.query('SELECT FROM mirror.staged_pages')).rowCount ?? 0;
    expect(staged).toBeGreaterThan(0);
    const before = ground.catalog.requests.length;
    const { code, err } = await syncOnce(program, ground, database, { moment: null });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(ground.catalog.requests.length - before).toBeLessThanOrEqual(requests - staged);
    expect(await readTables(database.pool)).toEqual(whole);
    expect(await countStaged(database.pool)).toBe(0);
  }
});

/** From the n-th request of the night on the catalog takes requests and never answers. */
function hangFrom({ catalog }: NightGround, number: number): () => void {
  const before = catalog.requests.length;
  return catalog.script((request) => (request.number - before >= number ? { act: 'hang' } : undefined));
}

async function putOnQueue(database: TestDatabase): Promise<void> {
  const backend = await openQueueBackend(
    { store: 'postgres', databaseUrl: database.connectionString },
    { clock: createSystemClock(), log: () => {} },
  );
  await enqueueMirrors(backend, [ACME], { trigger: 'manual', syncId: null });
  await backend.close();
}

async function runStates(database: TestDatabase): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ state: string }>('SELECT state FROM mirror.runs ORDER BY runs.id');
  return rows.map(({ state }) => state);
}
