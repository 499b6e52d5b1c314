import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { MirrorRequest } from '../../src/mirror/types.ts';
import { postgresAvailable } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { artifacts, type Harness, openHarness } from './harness.ts';
import { placeStops, type Turnstile } from './turnstile.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NOT_LAST: Partial<MirrorRequest> = { lastAttempt: false };
/** A network that stalls is noticed after two thirds of a second instead of half a minute. */
const HASTY = { quietMs: 300, lookEveryMs: 100, giveUpAfterMs: 300, lookMs: 200 };

const NETWORK_HINT = 'Check that the database server runs and that DATABASE_URL names its host and port.';

async function open(): Promise<Harness> {
  const harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
  cleanups.push(() => harness.close());
  return harness;
}

/** The harness mirrors through it from now on; what the test itself asks goes past it. */
async function openProxy(harness: Harness): Promise<TcpProxy> {
  const proxy = await startTcpProxy(harness.database.connectionString);
  const pool = new pg.Pool({ connectionString: proxy.url, connectionTimeoutMillis: 1_000 });
  pool.on('error', () => {});
  cleanups.push(async () => {
    proxy.resume();
    await pool.end();
    await proxy.close();
  });
  harness.configure({ pool, connectionPatience: HASTY });
  return proxy;
}

async function stopAt(harness: Harness, stop: string): Promise<Turnstile> {
  const turnstile = await placeStops(harness.database, [stop]);
  cleanups.push(() => turnstile.close());
  return turnstile;
}

const runs = (harness: Harness) => harness.rows('SELECT id::integer, state, requests FROM mirror.runs ORDER BY id');
const letters = (harness: Harness) =>
  harness.rows(
    `SELECT error_class AS class, level, run_id::integer AS run, state, detail FROM mirror.dead_letters ORDER BY id`,
  );
const mirroredRows = async (harness: Harness) =>
  (
    await harness.rows(
      `SELECT (SELECT count(*)::integer FROM mirror.artifacts) AS artifacts,
              (SELECT count(*)::integer FROM mirror.download_observations) AS observations,
              (SELECT count(*)::integer FROM mirror.staged_pages) AS staged`,
    )
  )[0];

describe.skipIf(!postgresAvailable)('a run whose connection to PostgreSQL breaks', () => {
  it('in its last attempt is closed as failed, with a letter that says so', async () => {
    const harness = await open();
    const turnstile = await stopAt(harness, 'AFTER INSERT ON mirror.artifacts');
    const last = harness.attempt('acme');
    const { process, stop } = await turnstile.arrival();
    await turnstile.passingPool.query('SELECT pg_terminate_backend($1)', [process]);
    expect(await last).toMatchObject({
      status: 'closed',
      run: { runId: '1', state: 'failed', errorClass: 'database', figures: { requests: 4, letters: 1 } },
    });
    expect(await letters(harness)).toEqual([
      {
        class: 'database',
        level: 'organization',
        run: 1,
        state: 'open',
        detail: expect.stringContaining('PostgreSQL'),
      },
    ]);
    expect(await mirroredRows(harness)).toEqual({ artifacts: 0, observations: 0, staged: 0 });
    await turnstile.open(stop);
    expect(await harness.attempt('acme')).toMatchObject({ run: { runId: '2', state: 'certified' } });
    expect(await letters(harness)).toMatchObject([{ state: 'resolved' }]);
  });

  it('before its last attempt goes on in the next one with what it staged', async () => {
    const harness = await open();
    const turnstile = await stopAt(harness, 'AFTER INSERT ON mirror.artifacts');
    const breaking = expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'database' });
    const { process, stop } = await turnstile.arrival();
    await turnstile.passingPool.query('SELECT pg_terminate_backend($1)', [process]);
    await breaking;
    await turnstile.open(stop);
    const requests = harness.catalog.requests.length;
    expect(await harness.attempt('acme', { runId: '1' })).toMatchObject({ run: { runId: '1', state: 'certified' } });
    expect(harness.catalog.requests).toHaveLength(requests);
    expect(await letters(harness)).toEqual([]);
  });

  it('after PostgreSQL took its last COMMIT is what it became by it: nothing is applied or failed twice', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    const committing = await holdCommits(harness);
    const last = harness.attempt('acme');
    await committing.arrival();
    proxy.stall();
    await committing.letGo();
    await expect.poll(() => runs(harness)).toEqual([{ id: 1, state: 'certified', requests: 4 }]);
    // The answer to the COMMIT is lost.
    proxy.cut();
    proxy.resume();
    expect(await last).toMatchObject({ run: { runId: '1', state: 'certified', figures: { added: 35 } } });
    expect(await runs(harness)).toHaveLength(1);
    expect(await letters(harness)).toEqual([]);
  });
});

describe.skipIf(!postgresAvailable)('a network to PostgreSQL that stalls', () => {
  it.each([
    ['before the claim', 0],
    ['in the walk, after one page', 1],
    ['in the walk, after three pages', 3],
  ])('%s is given up in bounded time, and the next attempt goes on where it is fair again', async (_, pages) => {
    const harness = await open();
    const proxy = await openProxy(harness);
    harness.configure({ pageConcurrency: 1 });
    resumeWhenWaitedFor(harness, proxy);
    if (pages === 0) proxy.stall();
    const restore = harness.catalog.script(({ number }) => {
      if (number === pages + 1) proxy.stall();
      return undefined;
    });
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'database', hint: NETWORK_HINT });
    restore();
    const requests = harness.catalog.requests.length;
    const run = { runId: '1', state: 'certified', figures: { added: 35, pages: 4 } };
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({ run });
    expect(harness.catalog.requests.length - requests).toBe(4 - pages);
    expect(await mirroredRows(harness)).toEqual({ artifacts: 35, observations: 35, staged: 0 });
  });

  it('while a page is copied is noticed as well', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    resumeWhenWaitedFor(harness, proxy);
    const turnstile = await stopAt(harness, 'BEFORE INSERT ON mirror.staged_artifacts');
    const attempt = expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'database' });
    const { stop } = await turnstile.arrival();
    proxy.stall();
    await turnstile.open(stop);
    await attempt;
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({ run: { runId: '1', state: 'certified' } });
  });

  it('in the apply leaves nothing half, and the next attempt applies it once, without a request', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    resumeWhenWaitedFor(harness, proxy);
    const turnstile = await stopAt(harness, 'AFTER INSERT ON mirror.artifacts');
    const attempt = expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'database' });
    const { stop } = await turnstile.arrival();
    proxy.stall();
    await turnstile.open(stop);
    await attempt;
    expect(await mirroredRows(harness)).toMatchObject({ artifacts: 0, observations: 0 });
    const requests = harness.catalog.requests.length;
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({ run: { runId: '1', state: 'certified' } });
    expect(harness.catalog.requests).toHaveLength(requests);
    expect(await mirroredRows(harness)).toEqual({ artifacts: 35, observations: 35, staged: 0 });
  });

  it('is not what a statement is taken for that only takes its time', async () => {
    const harness = await open();
    await openProxy(harness);
    const turnstile = await stopAt(harness, 'AFTER INSERT ON mirror.artifacts');
    const attempt = harness.attempt('acme');
    const { stop } = await turnstile.arrival();
    await looksAt(harness, 5);
    await turnstile.open(stop);
    expect(await attempt).toMatchObject({ run: { runId: '1', state: 'certified' } });
  });
});

describe.skipIf(!postgresAvailable)('a PostgreSQL that cannot be reached', () => {
  it('keeps a job of a schedule waiting, at no attempt’s cost, until it is there', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    proxy.cut();
    const away = { status: 'away', failure: { class: 'database', hint: NETWORK_HINT } };
    expect(await harness.attempt('acme', { trigger: 'schedule' })).toMatchObject(away);
    expect(harness.catalog.requests).toEqual([]);
    proxy.resume();
    expect(await harness.attempt('acme', { trigger: 'schedule' })).toMatchObject({ run: { state: 'certified' } });
  });

  it('fails the attempt of a job that a person waits for, after a time', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    proxy.cut();
    const begun = harness.clock.now().getTime();
    await expect(harness.attempt('acme')).rejects.toMatchObject({ class: 'database', hint: NETWORK_HINT });
    expect(harness.clock.now().getTime() - begun).toBeLessThanOrEqual(20_000);
    expect(await runs(harness)).toEqual([]);
  });

  it('but comes back during the last attempt has a run of it that failed, with its letter', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    proxy.cut();
    resumeWhenWaitedFor(harness, proxy);
    expect(await harness.attempt('acme')).toMatchObject({ run: { state: 'failed', errorClass: 'database' } });
    expect(await letters(harness)).toMatchObject([{ class: 'database', run: 1, state: 'open' }]);
  });

  it('does not keep a worker that must stop', async () => {
    const harness = await open();
    const proxy = await openProxy(harness);
    proxy.cut();
    const stop = new AbortController();
    harness.clock.sleep = () => {
      stop.abort(new Error('the worker stops'));
      return Promise.reject(new Error('the worker stops'));
    };
    await expect(harness.attempt('acme', { signal: stop.signal })).rejects.toThrow('the worker stops');
  });
});

/** The network is fair again as soon as an attempt that lost PostgreSQL has looked for it once. */
function resumeWhenWaitedFor({ clock }: Harness, proxy: TcpProxy): void {
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (milliseconds, signal) => {
    proxy.resume();
    return sleep(milliseconds, signal);
  };
}

/** Makes transactions that close a run stand still in their COMMIT, until they are let go. */
async function holdCommits(harness: Harness) {
  const key = 70_100;
  const keeper = new pg.Client({ connectionString: harness.database.connectionString });
  await keeper.connect();
  cleanups.push(() => keeper.end());
  await keeper.query(
    `CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN PERFORM pg_advisory_xact_lock_shared(${key}); RETURN NULL; END $$;
     CREATE CONSTRAINT TRIGGER hold AFTER UPDATE ON mirror.runs DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW WHEN (NEW.state <> 'running') EXECUTE FUNCTION public.hold()`,
  );
  await keeper.query('SELECT pg_advisory_lock($1)', [key]);
  return {
    arrival: async () => {
      const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1";
      await expect.poll(async () => (await keeper.query(waiting, [key])).rowCount).toBe(1);
    },
    letGo: () => keeper.query('SELECT pg_advisory_unlock($1)', [key]),
  };
}

/** Resolves after so many looks at what the server is at work on. */
async function looksAt(harness: Harness, count: number): Promise<void> {
  const seen = new Set<number>();
  while (seen.size < count) {
    const rows = await harness.rows<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT FROM pg_stat_activity%'",
    );
    for (const { pid } of rows) seen.add(pid);
  }
}
