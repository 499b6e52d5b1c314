import pLimit from 'p-limit';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/fake/adversary/random.ts';
import { postgresAvailable } from '../support/database.ts';
import { earlier, type Moment, type Part, syncOnce, type Work, within } from './killed-sync.ts';
import { FIRST_NIGHT, LATER_NIGHT, LONG_FIRST_NIGHT, withNight } from './nights.ts';
import { type BuiltProgram, buildProgram } from './processes.ts';
import { countStaged, readTables } from './state-of-mirror.ts';
import { watchMirror } from './watch.ts';

const SEED = 20_250_103;
/** Pages that are read side by side, and lost where the process dies before they are staged. */
const IN_FLIGHT = 4;

/** How far the work was when the process died. */
type Left = 'nothing staged' | 'some staged' | 'all staged' | 'applied';

/** Processes start in their own time: on a busy machine a dozen of them take a minute. */
const TIMEOUT_MS = 180_000;

describe.skipIf(!postgresAvailable)('a sync that is killed', { timeout: TIMEOUT_MS }, () => {
  let program: BuiltProgram;
  beforeAll(async () => {
    program = await buildProgram();
    return program.remove;
  });

  describe.each([FIRST_NIGHT, LATER_NIGHT, LONG_FIRST_NIGHT])('in $name', (night) => {
    let whole: { readonly tables: Awaited<ReturnType<typeof readTables>>; readonly work: Work };
    beforeAll(async () => {
      whole = await undisturbed();
    });

    it('while it reads is followed by one that reads the rest, and the end is the same', async () => {
      const left = await killAll(3, (place) => ({ by: 'request', number: within(whole.work.requests, place) }));
      expect(left).toContain('some staged');
    });

    it.each<[Part, number]>([
      ['claim', 2],
      ['walk', 2],
      ['apply', 5],
    ])('in its %s, at any statement, leaves the state before or after', async (part, count) => {
      const random = mulberry32(SEED + count);
      await killAll(count, (place) => ({
        by: 'statement',
        part,
        number: within(whole.work.statements[part], place),
        decision: random.chance(0.5) ? 'pass' : 'lose',
      }));
    });

    it('at the commit of the night leaves all of it or nothing', async () => {
      expect(await killForSure({ by: 'commit', decision: 'lose' })).toBe('all staged');
      expect(await killForSure({ by: 'commit', decision: 'pass' })).toBe('applied');
    });

    it('after any time leaves the state before or after', async () => {
      await killAll(2, (place) => ({ by: 'time', milliseconds: place * whole.work.milliseconds }));
    });

    it('again and again still comes to the same end, in one run', async () => {
      await withNight(night, async (ground, database) => {
        const watch = await watchMirror(database.connectionString);
        const sync = (moment: Moment | null) => syncOnce(program, ground, database, { moment, onNews: watch.look });
        const before = ground.catalog.requests.length;
        let kills = 0;
        while ((await sync({ by: 'request', number: 6 })).wasStruck) kills += 1;
        await watch.stop();
        const spent = ground.catalog.requests.length - before;
        expect(kills).toBeGreaterThan(1);
        expect(spent).toBeLessThanOrEqual(whole.work.requests + kills * IN_FLIGHT);
        await expectSameEnd(database.pool, 'killed at every sixth request');
        expect(watch.states).toHaveLength(2);
        expect(watch.mostActive).toBe(1);
      });
    });

    async function undisturbed() {
      return withNight(night, async (ground, database) => {
        const { work, code, err } = await syncOnce(program, ground, database, { moment: null });
        expect({ code, err }).toEqual({ code: 0, err: '' });
        return { work, tables: await readTables(database.pool) };
      });
    }

    /** As many kills as wanted, each at a place of its own in the work (0 to 1), two side by side. */
    async function killAll(count: number, momentAt: (place: number) => Moment): Promise<readonly Left[]> {
      const random = mulberry32(SEED);
      const moments = Array.from({ length: count }, (_, index) => momentAt((index + random.next()) / count));
      const sideBySide = pLimit(2);
      return Promise.all(moments.map((moment) => sideBySide(killForSure, moment)));
    }

    async function killForSure(moment: Moment): Promise<Left> {
      for (let at = moment; ; at = earlier(at)) {
        const left = await killAndGoOn(at);
        if (left !== null) return left;
      }
    }

    /** @returns null where the process was done before it could be killed */
    async function killAndGoOn(moment: Moment): Promise<Left | null> {
      return withNight(night, async (ground, database) => {
        const killedAt = JSON.stringify(moment);
        const watch = await watchMirror(database.connectionString);
        const options = { onNews: watch.look };
        const first = await syncOnce(program, ground, database, { ...options, moment });
        const { left, stagedPages } = await leftBehind(database.pool);
        // Where the night stands already, another sync would begin a run of its own.
        if (first.wasStruck && left !== 'applied') {
          const second = await syncOnce(program, ground, database, { ...options, moment: null });
          expect({ killedAt, code: second.code, err: second.err }).toEqual({ killedAt, code: 0, err: '' });
          expect(second.work.requests + stagedPages, `requests where killed at ${killedAt}`).toBeLessThanOrEqual(
            whole.work.requests,
          );
        }
        await watch.stop();
        if (!first.wasStruck) return null;
        await expectSameEnd(database.pool, killedAt);
        expect(watch.states, `what a reader saw of a night killed at ${killedAt}`).toHaveLength(2);
        expect(watch.mostActive, killedAt).toBe(1);
        return left;
      });
    }

    async function expectSameEnd(pool: pg.Pool, killedAt: string): Promise<void> {
      expect(await readTables(pool), killedAt).toEqual(whole.tables);
      expect(await countStaged(pool), killedAt).toBe(0);
    }

    async function leftBehind(pool: pg.Pool): Promise<{ left: Left; stagedPages: number }> {
      const { rows } = await pool.query<{ pages: number; over: boolean }>(
        `SELECT (SELECT count(*)::integer FROM mirror.staged_pages) AS pages,
                EXISTS (SELECT FROM mirror.runs WHERE started_at = $1 AND state <> 'running') AS over`,
        [night.moment],
      );
      const { pages = 0, over = false } = rows[0] ?? {};
      const staged = pages === 0 ? 'nothing staged' : pages < whole.work.requests ? 'some staged' : 'all staged';
      return { stagedPages: pages, left: over ? 'applied' : staged };
    }
  });
});
