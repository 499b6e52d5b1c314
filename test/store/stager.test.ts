import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { openRunSession, RunLost, type RunSession } from '../../src/store/run-session.ts';
import { stagePages } from '../../src/store/stage-pages.ts';
import { createStager, type StageAnswers, type Stager } from '../../src/store/stager.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { good, identity, naming, pageOf, START } from './ground.ts';
import { untilWaiting } from './sessions.ts';

describe.skipIf(!postgresAvailable)('staging behind the back of a walk', () => {
  const database = useTestDatabase();
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function open(waitedFor = 0): Promise<{ readonly session: RunSession; readonly stager: Stager }> {
    const options = { trigger: 'manual', startedAt: START, resumeMinutes: 60 } as const;
    const opened = await openRunSession(database.pool, identity(), options);
    if (opened.status !== 'open') throw new Error('another worker is at it');
    cleanups.push(() => opened.session.close());
    const { session } = opened;
    const stageAnswers: StageAnswers = (answers, expects) =>
      session.exclusively((client) => stagePages(client, session.run, answers, naming, expects));
    return { session, stager: createStager(stageAnswers, waitedFor) };
  }

  /** Whoever stages waits until the returned function is called. */
  async function holdStaging(): Promise<() => Promise<void>> {
    const gate = new pg.Client({ connectionString: database.connectionString });
    await gate.connect();
    await gate.query('BEGIN');
    await gate.query('LOCK TABLE mirror.staged_pages IN SHARE MODE');
    let isOpen = false;
    const letGo = async (): Promise<void> => {
      if (!isOpen) await gate.query('COMMIT');
      isOpen = true;
    };
    cleanups.push(async () => {
      await letGo();
      await gate.end();
    });
    return letGo;
  }

  const page = (number: number, items: readonly PageItem[] = [good(number)]) => pageOf(items, { page: number });
  const stage = (stager: Stager, number: number): Promise<void> => {
    const { summary, answer } = page(number);
    return stager.stage(summary, answer);
  };
  const staged = async (): Promise<readonly number[]> =>
    (await database.pool.query<{ page: number }>('SELECT page FROM mirror.staged_pages ORDER BY page')).rows.map(
      (row) => row.page,
    );

  it('takes answers on while others are staged, and has all of them staged when it says so', async () => {
    const { stager } = await open();
    const letGo = await holdStaging();
    for (const number of [1, 2, 3]) await stage(stager, number);
    expect(await staged()).toEqual([]);
    await letGo();
    await stager.allStaged();
    expect(await staged()).toEqual([1, 2, 3]);
    await stage(stager, 4);
    await stager.allStaged();
    expect(await staged()).toEqual([1, 2, 3, 4]);
  });

  it('has the first ones waited for, so that a worker that dies again and again leaves something behind', async () => {
    const { stager } = await open(2);
    const letGo = await holdStaging();
    const first = stage(stager, 1);
    await untilWaiting(database.pool);
    await letGo();
    await first;
    expect(await staged()).toEqual([1]);
    expect(stager.isBehind()).toBe(false);
    await stage(stager, 2);
    expect(await staged()).toEqual([1, 2]);
    expect(stager.isBehind()).toBe(true);
  });

  it('has no more than a bounded number of answers wait', async () => {
    const { stager } = await open();
    const letGo = await holdStaging();
    let taken = 0;
    const all = Array.from({ length: 60 }, async (_, index) => {
      await stage(stager, index + 1);
      taken += 1;
    });
    await untilWaiting(database.pool);
    expect(taken).toBeLessThan(40);
    await letGo();
    await Promise.all(all);
    await stager.allStaged();
    expect(await staged()).toHaveLength(60);
  });

  it('stages nothing more once the run was taken over, and says so to whoever asks', async () => {
    const { stager } = await open();
    await database.pool.query('UPDATE mirror.runs SET fencing_token = fencing_token + 1');
    await stage(stager, 1);
    await expect(stager.allStaged()).rejects.toThrow(RunLost);
    await expect(stage(stager, 2)).rejects.toThrow(RunLost);
    await expect(stager.allStaged()).rejects.toThrow(RunLost);
    expect(await staged()).toEqual([]);
  });

  it('tells what PostgreSQL refused, at the next question or answer', async () => {
    const { stager } = await open();
    await database.pool.query('ALTER TABLE mirror.staged_pages ADD CHECK (page < 2)');
    await stage(stager, 1);
    await stager.allStaged();
    await stage(stager, 2);
    await expect(stager.allStaged()).rejects.toMatchObject({ code: '23514' });
    await expect(stage(stager, 3)).rejects.toMatchObject({ code: '23514' });
    expect(await staged()).toEqual([1]);
  });
});
