import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { openRunSession, type RunSession } from '../../src/store/run-session.ts';
import { type Decision, openDatabaseGate } from '../end-to-end/database-gate.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { identity, START } from './ground.ts';
import { killSession } from './sessions.ts';

const ROUNDS = 25;

describe.skipIf(!postgresAvailable)('two workers that claim the same listing at the same moment', () => {
  const opened: RunSession[] = [];
  const pools: pg.Pool[] = [];
  // Before useTestDatabase, so that it happens before the database is dropped: afterEach hooks run last to first.
  const database = useTestDatabase();
  afterEach(async () => {
    for (const session of opened.splice(0)) await session.close();
    for (const pool of pools.splice(0)) await pool.end();
  });

  function workerOn(connectionString: string): pg.Pool {
    const pool = new pg.Pool({ connectionString, max: 1 });
    pool.on('error', () => {});
    pools.push(pool);
    return pool;
  }

  const claim = async (pool: pg.Pool, organization: string): Promise<RunSession | 'busy'> => {
    const outcome = await openRunSession(pool, identity({ organization }), {
      trigger: 'manual',
      startedAt: START,
      resumeMinutes: 60,
    });
    if (outcome.status === 'busy') return 'busy';
    opened.push(outcome.session);
    return outcome.session;
  };

  const close = async (session: RunSession): Promise<void> => {
    opened.splice(opened.indexOf(session), 1);
    await session.close();
  };

  const closeAll = async (outcomes: readonly (RunSession | 'busy')[]): Promise<void> => {
    for (const outcome of outcomes) if (outcome !== 'busy') await close(outcome);
  };

  /** A run whose worker died without a word. */
  const leaveDeadRun = async (organization: string): Promise<void> => {
    const pool = workerOn(database.connectionString);
    const session = await claim(pool, organization);
    if (session === 'busy') throw new Error('somebody claims a listing that nobody knows');
    const { rows } = await session.exclusively((client) =>
      client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
    );
    await killSession(database.pool, rows[0]?.pid ?? 0);
    await close(session);
  };

  const runsOf = async (organization: string) =>
    (
      await database.pool.query(
        'SELECT state, fencing_token::integer AS token FROM mirror.runs WHERE organization = $1',
        [organization],
      )
    ).rows;

  const isSomebodyWaiting = async (): Promise<boolean> => {
    const { rowCount } = await database.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount !== null && rowCount > 0;
  };

  /**
   * Holds one worker before the n-th statement of its claim, has another one claim, and lets the first one go on.
   *
   * @returns who has the run; null where the claim has no n-th statement
   */
  async function raceAt(statement: number, organization: string): Promise<'held' | 'other' | null> {
    let arrive = (_isHeld: boolean): void => {};
    const arrival = new Promise<boolean>((resolve) => {
      arrive = resolve;
    });
    let letGo = (): void => {};
    const release = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let statements = 0;
    const gate = await openDatabaseGate(database.connectionString, async (): Promise<Decision> => {
      statements += 1;
      if (statements === statement) {
        arrive(true);
        await release;
      }
      return 'pass';
    });
    try {
      const held = claim(workerOn(gate.connectionString), organization);
      held.then(
        () => arrive(false),
        () => arrive(false),
      );
      if (!(await arrival)) {
        letGo();
        await closeAll([await held]);
        return null;
      }
      let isOtherDone = false;
      const other = claim(workerOn(database.connectionString), organization).finally(() => {
        isOtherDone = true;
      });
      // It is told at once, or waits for what the held one has not committed.
      while (!isOtherDone && !(await isSomebodyWaiting()));
      letGo();
      const outcomes = await Promise.all([held, other]);
      expect(
        outcomes.filter((one) => one === 'busy'),
        `held at statement ${statement}`,
      ).toHaveLength(1);
      await closeAll(outcomes);
      return outcomes[0] === 'busy' ? 'other' : 'held';
    } finally {
      letGo();
      await gate.close();
    }
  }

  it.each([
    ['of which there is no run', false, { state: 'running', token: 1 }],
    ['that a dead worker left', true, { state: 'running', token: 2 }],
  ])('%s get one run, wherever the first one stands in its claim', async (_, isLeft, run) => {
    const winners = new Set<string>();
    for (let statement = 1; ; statement++) {
      const organization = `acme-${statement}`;
      if (isLeft) await leaveDeadRun(organization);
      const winner = await raceAt(statement, organization);
      expect(await runsOf(organization)).toEqual([run]);
      if (winner === null) break;
      winners.add(winner);
    }
    expect([...winners].toSorted()).toEqual(['held', 'other']);
  });

  it(`get one run in each of ${ROUNDS} rounds, whoever is called first`, async () => {
    const workers = [workerOn(database.connectionString), workerOn(database.connectionString)];
    for (let round = 1; round <= ROUNDS; round++) {
      const organization = `acme-${round}`;
      const inTurn = round % 2 === 0 ? workers : workers.toReversed();
      const outcomes = await Promise.all(inTurn.map((pool) => claim(pool, organization)));
      expect(
        outcomes.filter((one) => one === 'busy'),
        `round ${round}`,
      ).toHaveLength(1);
      expect(await runsOf(organization)).toEqual([{ state: 'running', token: 1 }]);
      await closeAll(outcomes);
    }
  });
});
