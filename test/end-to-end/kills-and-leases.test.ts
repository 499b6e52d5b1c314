import pLimit from 'p-limit';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/fake/adversary/random.ts';
import { postgresAvailable } from '../support/database.ts';
import { type Moment, type Part, syncOnce, type Work, within } from './killed-sync.ts';
import { LATER_NIGHT, withNight } from './nights.ts';
import { type BuiltProgram, buildProgram, type SyncProcess } from './processes.ts';
import { countStaged, readTables } from './state-of-mirror.ts';
import { watchMirror } from './watch.ts';

const SEED = 30;

/** What became of another worker's attempt while the first one stood still, its lease over. */
type Other = 'took over' | 'had to wait' | 'came too late';

describe.skipIf(!postgresAvailable)('a process that stands still until its lease is over, and wakes up', () => {
  let program: BuiltProgram;
  let whole: { readonly tables: Awaited<ReturnType<typeof readTables>>; readonly work: Work };
  beforeAll(async () => {
    program = await buildProgram();
    whole = await withNight(LATER_NIGHT, async (ground, database) => {
      const { work } = await syncOnce(program, ground, database, { moment: null });
      return { work, tables: await readTables(database.pool) };
    });
    return program.remove;
  });

  it('in the middle of its walk writes nothing into the night of who took its run over', async () => {
    for (const told of await freezeAll('walk', 4)) expect(told.at(-1)).toBe('took over');
  }, 180_000);

  it('before it locks its run for the apply finds that the run is another one’s, and applies nothing', async () => {
    // All that it knows is proved by then: nothing but the token keeps it from applying.
    const told = await freezeAndWake({ by: 'words', words: 'begin isolation level', decision: 'pass' });
    expect(told).toEqual(['took over']);
  }, 180_000);

  it('in its apply is waited for, or writes nothing into the night of who took its run over', async () => {
    const told = await freezeAll('apply', 6);
    expect(told.map((one) => one.at(-1))).toEqual(expect.arrayContaining(['took over', 'came too late']));
    expect(told.flat()).toContain('had to wait');
  }, 180_000);

  /** So many processes, each frozen at a place of its own in this part of the work, two side by side. */
  function freezeAll(part: Part, count: number): Promise<readonly (readonly Other[])[]> {
    const random = mulberry32(SEED);
    const sideBySide = pLimit(2);
    return Promise.all(
      Array.from({ length: count }, (_, index) => {
        const place = (index + random.next()) / count;
        const number = within(whole.work.statements[part], place);
        return sideBySide(freezeAndWake, { by: 'statement', part, number, decision: 'pass' } as const);
      }),
    );
  }

  /** Freezes a process at a statement and at each after it, as long as the others have to wait. */
  async function freezeAndWake(moment: Moment): Promise<readonly Other[]> {
    return withNight(LATER_NIGHT, async (ground, database) => {
      const frozenAt = `frozen at ${JSON.stringify(moment)}`;
      const watch = await watchMirror(database.connectionString);
      const others: Other[] = [];
      const strike = async (sync: SyncProcess) => {
        sync.process.kill('SIGSTOP');
        const run = await endLease(database.pool);
        const before = ground.catalog.requests.length;
        const { status } = await ground.attempt(ground.worker(database.pool), run.id);
        const other = status === 'busy' ? 'had to wait' : run.state === 'running' ? 'took over' : 'came too late';
        if (other !== 'took over') expect(ground.catalog.requests.length, frozenAt).toBe(before);
        others.push(other);
        sync.process.kill('SIGCONT');
        return other === 'had to wait' ? 'again' : 'once';
      };
      const { code } = await syncOnce(program, ground, database, {
        moment,
        strike,
        onNews: watch.look,
      });
      await watch.stop();
      expect({ frozenAt, code, others }).toEqual({
        frozenAt,
        code: 0,
        others: expect.arrayContaining([expect.anything()]),
      });
      expect(await readTables(database.pool), frozenAt).toEqual(whole.tables);
      expect(await countStaged(database.pool), frozenAt).toBe(0);
      expect(watch.states, frozenAt).toHaveLength(2);
      expect(watch.mostActive, frozenAt).toBe(1);
      return others;
    });
  }
});

/**
 * Ends the lease of the newest run. Whose row is locked keeps it: its worker is in the middle of a transaction, and
 * whoever comes is sent away by that.
 */
async function endLease(pool: pg.Pool): Promise<{ readonly id: string; readonly state: string }> {
  await pool.query(
    `UPDATE mirror.runs SET lease_expires_at = clock_timestamp()
     WHERE id IN (SELECT id FROM mirror.runs WHERE state = 'running' FOR UPDATE SKIP LOCKED)`,
  );
  const { rows } = await pool.query<{ id: string; state: string }>(
    'SELECT id::text, state FROM mirror.runs ORDER BY runs.id DESC LIMIT 1',
  );
  const [run] = rows;
  if (run === undefined) throw new Error('there is no run');
  return run;
}
