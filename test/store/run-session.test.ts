import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { applyNight } from '../../src/store/apply/apply-night.ts';
import { failRun } from '../../src/store/apply/fail-run.ts';
import { handBack, LEASE_SECONDS, type RunIdentity, renewLease } from '../../src/store/claim-run.ts';
import { openRunSession, RunLost, type RunSession } from '../../src/store/run-session.ts';
import { stagedPages } from '../../src/store/staged-facts.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { applyContext, bad, good, identity, pageOf, START, stagePage } from './ground.ts';
import { killSession } from './sessions.ts';

const WALK = { passes: 1, extraReads: 0, requests: 1, retries: 0 };
const PARTIAL = {
  complete: false,
  proof: null,
  end: { state: 'partial', error: 'some pages failed', errorClass: null },
  unproved: 0,
  letters: [],
} as const;

describe.skipIf(!postgresAvailable)('a run', () => {
  const opened: RunSession[] = [];
  const pools: pg.Pool[] = [];
  // Before useTestDatabase, so that it happens before the database is dropped: afterEach hooks run last to first.
  const database = useTestDatabase();
  afterEach(async () => {
    vi.useRealTimers();
    for (const session of opened.splice(0)) await session.close();
    for (const pool of pools.splice(0)) await pool.end();
  });

  /** What another process would use. */
  function anotherPool(): pg.Pool {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 3 });
    pool.on('error', () => {});
    pools.push(pool);
    return pool;
  }

  const tryOpen = async (changes: Partial<RunIdentity> = {}, pool = database.pool) => {
    const outcome = await openRunSession(pool, identity(changes), {
      trigger: 'manual',
      startedAt: START,
      resumeMinutes: 60,
    });
    if (outcome.status === 'open') opened.push(outcome.session);
    return outcome;
  };

  const open = async (changes: Partial<RunIdentity> = {}, pool = database.pool): Promise<RunSession> => {
    const outcome = await tryOpen(changes, pool);
    if (outcome.status !== 'open') throw new Error('another worker is at it');
    return outcome.session;
  };

  const close = async (session: RunSession): Promise<void> => {
    opened.splice(opened.indexOf(session), 1);
    await session.close();
  };

  const stage = (session: RunSession, page = 1): Promise<boolean> =>
    session.exclusively((client) => {
      const { summary, answer } = pageOf([good(page), bad({ source: `{"page":${page}}` })], { page });
      return stagePage(client, session.run, summary, answer);
    });

  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await database.pool.query(sql)).rows;
  const runs = () => rows('SELECT id::text, state, fencing_token::text AS token FROM mirror.runs ORDER BY id');
  const count = async (table: string): Promise<unknown> =>
    (await rows(`SELECT count(*)::integer AS count FROM mirror.${table}`))[0]?.['count'];

  const letLeaseRunOut = () =>
    database.pool.query("UPDATE mirror.runs SET lease_expires_at = clock_timestamp() WHERE state = 'running'");
  /** As if the run's last sign of life, its staged pages included, were so long ago. */
  const letTimePass = async (minutes: number) => {
    await database.pool.query(
      `UPDATE mirror.runs SET lease_expires_at = clock_timestamp() - make_interval(mins => $1, secs => $2)
       WHERE state = 'running'`,
      [minutes, -LEASE_SECONDS],
    );
    await database.pool.query(
      'UPDATE mirror.staged_pages SET staged_at = clock_timestamp() - make_interval(mins => $1)',
      [minutes],
    );
  };
  const pidOf = async (session: RunSession): Promise<number> =>
    (await session.exclusively((client) => client.query('SELECT pg_backend_pid() AS pid'))).rows[0].pid;

  describe('of an organization and kind', () => {
    it('is worked by one of all who want to start it at once', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, n) => tryOpen({}, n < 4 ? database.pool : anotherPool())),
      );
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual([...Array(7).fill('busy'), 'open']);
      expect(await runs()).toEqual([{ id: expect.any(String), state: 'running', token: '1' }]);
    });

    it("stands in nobody else's way", async () => {
      await open();
      await open({ organization: 'globex' });
      await open({ kind: 'datasets' });
      expect(await count('runs')).toBe(3);
    });

    it('says when to look again to whoever comes second', async () => {
      await open();
      expect(await tryOpen()).toEqual({ status: 'busy', retryInMs: 1_000 });
    });

    it('keeps nobody waiting while its night is applied, be the lease over meanwhile', async () => {
      const first = await open();
      await letLeaseRunOut();
      await first.exclusively(async (client) => {
        await client.query('BEGIN');
        await client.query("SELECT FROM mirror.runs WHERE state = 'running' FOR UPDATE");
        expect(await tryOpen()).toEqual({ status: 'busy', retryInMs: 1_000 });
        await client.query('COMMIT');
      });
      expect(await runs()).toMatchObject([{ state: 'running', token: '1' }]);
    });

    it('cannot be active twice, by a constraint of the database', async () => {
      const insert = (state: string, kind = 'models') =>
        database.pool.query(
          `INSERT INTO mirror.runs (organization, kind, include_public, trigger, day, state, started_at, finished_at,
                                    time_zone, catalog_url, page_size, lease_expires_at)
           VALUES ('acme', $2, false, 'manual', '2025-01-15', $1, now(), CASE WHEN $1 <> 'running' THEN now() END,
                   'UTC', 'x', 10, now())`,
          [state, kind],
        );
      await insert('running');
      await insert('running', 'datasets');
      await insert('certified');
      await insert('certified');
      await expect(insert('running')).rejects.toMatchObject({ code: '23505', constraint: 'runs_one_active' });
    });

    it('leaves no connection in use once it is closed', async () => {
      const session = await open();
      await tryOpen();
      await close(session);
      expect(database.pool.idleCount).toBe(database.pool.totalCount);
      const { rows: locks } = await database.pool.query(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      );
      expect(locks).toEqual([]);
    });

    it('runs the statements of one caller at a time on its connection', async () => {
      const session = await open();
      const order: string[] = [];
      const caller = (name: string) =>
        session.exclusively(async (client) => {
          order.push(`${name} begins`);
          await client.query('SELECT 1');
          order.push(`${name} ends`);
        });
      await Promise.all([caller('one'), caller('two')]);
      expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
    });
  });

  describe('whose worker is gone', () => {
    it('is taken up at once where the connection died, long before the lease is over', async () => {
      const dead = await open({}, anotherPool());
      await stage(dead);
      await killSession(database.pool, await pidOf(dead));
      const next = await open();
      expect(next.run).toMatchObject({ runId: dead.run.runId, fencingToken: '2', startedAt: START, resumed: true });
      expect(await next.exclusively((client) => stagedPages(client, next.run.runId))).toEqual([
        pageOf([good(1), bad({ source: '{"page":1}' })]).summary,
      ]);
    });

    it('tells its own process, which then closes without trouble', async () => {
      const pool = anotherPool();
      const dead = await open({}, pool);
      const told = new Promise((resolve) => dead.signal.addEventListener('abort', resolve));
      await killSession(database.pool, await pidOf(dead));
      await told;
      expect(dead.signal.reason).toMatchObject({ message: expect.stringMatching(/terminat/) });
      await close(dead);
      expect(pool.totalCount).toBe(0);
    });

    it('is not taken up while its lease runs and its connection lives', async () => {
      await open({}, anotherPool());
      expect((await tryOpen()).status).toBe('busy');
    });

    it('is taken up when its lease ran out, even if its connection lives', async () => {
      const silent = await open({}, anotherPool());
      await letLeaseRunOut();
      const next = await open();
      expect(next.run).toMatchObject({ runId: silent.run.runId, resumed: true, fencingToken: '2' });
    });

    it('stays with the one who took it up when the silent one comes back and lets go', async () => {
      const silent = await open({}, anotherPool());
      await letLeaseRunOut();
      const next = await open();
      await close(silent);
      expect((await tryOpen({}, anotherPool())).status).toBe('busy');
      expect(await stage(next)).toBe(true);
    });

    it('is taken up at once from one who took it up and died as well', async () => {
      await open({}, anotherPool());
      await letLeaseRunOut();
      const second = await open({}, anotherPool());
      await killSession(database.pool, await pidOf(second));
      expect((await open()).run).toMatchObject({ runId: second.run.runId, fencingToken: '3' });
    });

    it('lets its old holder write nothing more', async () => {
      const old = await open({}, anotherPool());
      await stage(old);
      await letLeaseRunOut();
      const next = await open();
      const before = await rows('SELECT * FROM mirror.runs');

      expect(await stage(old, 2)).toBe(false);
      await old.exclusively(async (client) => {
        const context = applyContext(old.run.runId);
        expect(await renewLease(client, old.run)).toBe(false);
        expect(await applyNight(client, old.run, context, PARTIAL, WALK)).toBe(false);
        const letter = {
          errorClass: 'timeout',
          errorType: null,
          level: 'organization',
          page: null,
          status: null,
          detail: 'x',
          payload: null,
          attempts: 1,
        } as const;
        const end = { state: 'failed', error: 'x', errorClass: 'timeout' } as const;
        expect(await failRun(client, old.run, context, { end, letter }, WALK)).toBe(false);
        await handBack(client, old.run, { requests: 5, retries: 5 });
      });
      expect(await rows('SELECT * FROM mirror.runs')).toEqual(before);
      expect(await count('artifacts')).toBe(0);
      expect(await count('dead_letters')).toBe(0);
      expect(await count('staged_pages')).toBe(1);
      expect(await stage(next, 2)).toBe(true);
      expect(
        await next.exclusively((client) => applyNight(client, next.run, applyContext(next.run.runId), PARTIAL, WALK)),
      ).toBe(true);
      expect(await count('artifacts')).toBe(2);
    });

    it('is over for everybody once it is closed', async () => {
      const session = await open();
      await stage(session);
      const apply = () =>
        session.exclusively((client) =>
          applyNight(client, session.run, applyContext(session.run.runId), PARTIAL, WALK),
        );
      expect(await apply()).toBe(true);
      expect(await apply()).toBe(false);
      expect(await stage(session, 2)).toBe(false);
      expect(await count('staged_pages')).toBe(0);
    });
  });

  describe('that was handed back', () => {
    it('is taken up at once, with its staged pages and what it has spent', async () => {
      const first = await open();
      await stage(first);
      await first.handBack({ requests: 7, retries: 2 });
      // Its connection still lives: whoever is next need not wait for it to be closed.
      const next = await open({}, anotherPool());
      expect(next.run).toMatchObject({ runId: first.run.runId, resumed: true });
      await close(first);
      expect(await stage(next, 2)).toBe(true);
      expect(await rows('SELECT requests, retries FROM mirror.runs')).toEqual([{ requests: 7, retries: 2 }]);
    });
  });

  describe('that a dead worker left', () => {
    const leave = async (): Promise<string> => {
      const dead = await open();
      await stage(dead);
      await close(dead);
      return dead.run.runId;
    };

    it.each<[string, Partial<RunIdentity>]>([
      ['day', { day: '2025-01-16' }],
      ['catalog', { catalogUrl: 'https://other.example/api/v1' }],
      ['include_public', { includePublic: true }],
      ['page size', { pageSize: 20 }],
      ['time zone', { timeZone: 'Asia/Tokyo' }],
    ])('is abandoned where another %s is asked for, and a new one starts from nothing', async (_, changes) => {
      const left = await leave();
      const next = await open(changes);
      expect(next.run).toMatchObject({ resumed: false, fencingToken: '1' });
      expect(BigInt(next.run.runId)).toBeGreaterThan(BigInt(left));
      expect(await rows('SELECT state, finished_at, error_class, error FROM mirror.runs ORDER BY id')).toEqual([
        { state: 'abandoned', finished_at: START, error_class: 'internal', error: expect.any(String) },
        { state: 'running', finished_at: null, error_class: null, error: null },
      ]);
      for (const table of ['staged_pages', 'staged_artifacts', 'staged_bad_records'])
        expect(await count(table)).toBe(0);
    });

    it('is taken up within the time to resume, and abandoned after it', async () => {
      const left = await leave();
      await letTimePass(59);
      const next = await open();
      expect(next.run).toMatchObject({ runId: left, resumed: true });
      await close(next);
      await letTimePass(61);
      expect((await open()).run.resumed).toBe(false);
      expect(await runs()).toMatchObject([{ id: left, state: 'abandoned' }, { state: 'running' }]);
    });

    it('is not abandoned under the hands of a worker that lives', async () => {
      const alive = await open({}, anotherPool());
      expect((await tryOpen({ pageSize: 20 })).status).toBe('busy');
      expect(await stage(alive)).toBe(true);
    });

    it('leaves the staged pages of others alone when it is abandoned', async () => {
      const other = await open({ organization: 'globex' });
      await stage(other);
      await leave();
      await open({ pageSize: 20 });
      expect(await other.exclusively((client) => stagedPages(client, other.run.runId))).toHaveLength(1);
    });

    it('starts over where PostgreSQL itself went down and took the unlogged pages along', async () => {
      const left = await leave();
      await database.pool.query('TRUNCATE mirror.staged_pages, mirror.staged_artifacts, mirror.staged_bad_records');
      const next = await open();
      expect(next.run).toMatchObject({ runId: left, resumed: true });
      expect(await next.exclusively((client) => stagedPages(client, left))).toEqual([]);
    });
  });

  describe('whose lease is renewed', () => {
    const secondsLeft = async (): Promise<number> =>
      Number(
        (await rows('SELECT extract(epoch FROM lease_expires_at - clock_timestamp()) AS left FROM mirror.runs'))[0]?.[
          'left'
        ],
      );
    const renewals = () => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });

    it('keeps it for as long as it works', async () => {
      renewals();
      const session = await open();
      await database.pool.query("UPDATE mirror.runs SET lease_expires_at = clock_timestamp() + interval '1 second'");
      vi.advanceTimersByTime((LEASE_SECONDS * 1_000) / 3);
      await session.exclusively(async () => {});
      expect(await secondsLeft()).toBeGreaterThan(LEASE_SECONDS - 10);
      expect(session.signal.aborted).toBe(false);
    });

    it('learns from it that another one took the run over', async () => {
      renewals();
      const old = await open({}, anotherPool());
      await letLeaseRunOut();
      await open();
      expect(old.signal.aborted).toBe(false);
      vi.advanceTimersByTime((LEASE_SECONDS * 1_000) / 3);
      await old.exclusively(async () => {});
      expect(old.signal.reason).toBeInstanceOf(RunLost);
    });

    it('lets its worker stand still within a transaction, its row locked, for no longer than the lease', async () => {
      const session = await open();
      const { rows: settings } = await session.exclusively((client) =>
        client.query(
          "SELECT setting::integer AS ms FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'",
        ),
      );
      expect(settings).toEqual([{ ms: LEASE_SECONDS * 1_000 }]);
    });

    it('is left alone once the session is closed', async () => {
      renewals();
      await close(await open());
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
