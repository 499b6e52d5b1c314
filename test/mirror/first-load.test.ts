import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { MirrorRequest } from '../../src/mirror/types.ts';
import { readTables } from '../end-to-end/state-of-mirror.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, mirrored, openHarness } from './harness.ts';
import { shared, speakers, withGuests } from './pool.ts';
import { placeStops } from './turnstile.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NOT_LAST: Partial<MirrorRequest> = { lastAttempt: false };
const SIZE = 95;
const PAGES = 10;

/** A mirror that applies every first load while it reads it, one page after the other. */
async function open(options: Partial<Parameters<typeof openHarness>[0]> = {}): Promise<Harness> {
  const harness = await openHarness({ lists: { acme: artifacts(1, SIZE) }, ...options });
  cleanups.push(() => harness.close());
  harness.configure({ loadsFrom: 1, pageConcurrency: 1 });
  return harness;
}

/** What a night comes to whose list is staged: the same list, in a mirror of its own. */
async function whatStagingComesTo(play: (harness: Harness) => Promise<unknown>, options = {}) {
  const harness = await open(options);
  harness.configure({ loadsFrom: Number.MAX_SAFE_INTEGER });
  await play(harness);
  return readTables(harness.database.pool);
}

/** Where a transaction has written a page of artifacts, and where it closes its run. */
const WRITES = 'AFTER INSERT ON mirror.artifacts';
const CLOSES = 'BEFORE UPDATE ON mirror.runs';

async function stopAt(harness: Harness, stop: string) {
  const turnstile = await placeStops(harness.database, [stop]);
  cleanups.push(() => turnstile.close());
  return turnstile;
}

async function only<T extends Record<string, unknown>>(rows: Promise<readonly T[]>): Promise<T | undefined> {
  return (await rows)[0];
}

const seenBy = (pool: pg.Pool, sql: string): Promise<Record<string, unknown>[]> =>
  pool.query(sql).then(({ rows }) => rows);

const KEPT = 'SELECT count(*)::integer AS kept FROM mirror.staged_pages WHERE kept IS NOT NULL';
const MIRRORED = `
  SELECT (SELECT count(*)::integer FROM mirror.artifacts) AS artifacts,
         (SELECT count(*)::integer FROM mirror.download_observations) AS observations,
         (SELECT count(*)::integer FROM mirror.covers) AS covers`;

/** Resolves once one more connection than the one that a stop holds waits for something that another one has. */
async function untilOneMoreWaits(pool: pg.Pool): Promise<void> {
  const waiting = `SELECT count(*)::integer AS count FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await expect.poll(() => seenBy(pool, waiting)).toEqual([{ count: 2 }]);
}

describe.skipIf(!postgresAvailable)('a first load that is applied while it is read', () => {
  it('shows nothing of itself until the night is over, and then all of it', async () => {
    const harness = await open();
    const { arrival, open: letOn, passingPool } = await stopAt(harness, CLOSES);
    const night = harness.night('2025-01-01');
    const { stop } = await arrival();
    expect(await seenBy(passingPool, KEPT)).toEqual([{ kept: PAGES }]);
    expect(await seenBy(passingPool, 'SELECT count(*)::integer AS staged FROM mirror.staged_artifacts')).toEqual([
      { staged: 0 },
    ]);
    expect(await seenBy(passingPool, MIRRORED)).toEqual([{ artifacts: 0, observations: 0, covers: 0 }]);
    await letOn(stop);
    expect(await night).toMatchObject({ state: 'certified', figures: { listed: SIZE, added: SIZE, counted: SIZE } });
    expect(await seenBy(passingPool, MIRRORED)).toEqual([{ artifacts: SIZE, observations: SIZE, covers: 1 }]);
    expect(await seenBy(passingPool, KEPT)).toEqual([{ kept: 0 }]);
  });

  it('gives the files of its ledger back when the night is over', async () => {
    const harness = await open();
    const { arrival, open: letOn, passingPool } = await stopAt(harness, CLOSES);
    const night = harness.night('2025-01-01');
    const { stop } = await arrival();
    const hasFiles = "SELECT pg_table_size('mirror.staged_pages') > 32768 AS has_files";
    expect(await seenBy(passingPool, hasFiles)).toEqual([{ has_files: true }]);
    await letOn(stop);
    expect(await night).toMatchObject({ state: 'certified' });
    expect(await seenBy(passingPool, hasFiles)).toEqual([{ has_files: false }]);
  });

  it.each([
    ['while a page is written', WRITES],
    ['while the night is applied', CLOSES],
  ])('is staged where its connection is lost %s, without a request more', async (_, stop) => {
    const harness = await open();
    const turnstile = await stopAt(harness, stop);
    const night = harness.night('2025-01-01');
    const { process } = await turnstile.arrival();
    await turnstile.passingPool.query('SELECT pg_terminate_backend($1)', [process]);
    await turnstile.open(stop);
    expect(await night).toMatchObject({ state: 'certified', figures: { added: SIZE, requests: PAGES } });
    expect(await readTables(harness.database.pool)).toEqual(
      await whatStagingComesTo((other) => other.night('2025-01-01')),
    );
  });

  it('goes on in the next attempt with all that was read', async () => {
    const interrupted = async (harness: Harness) => {
      const mend = harness.catalog.script(({ query }) =>
        query['page'] === '4' ? { act: 'status', status: 500 } : undefined,
      );
      harness.clock.set('2025-01-01T03:00:00Z');
      await expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'server_error' });
      mend();
    };
    const harness = await open();
    await interrupted(harness);
    expect(await only(harness.rows(KEPT))).toEqual({ kept: PAGES - 1 });
    expect(await only(harness.rows(MIRRORED))).toEqual({ artifacts: 0, observations: 0, covers: 0 });
    const before = harness.catalog.requests.length;
    expect(await harness.attempt('acme')).toMatchObject({ run: { state: 'certified', figures: { added: SIZE } } });
    expect(harness.catalog.requests.slice(before).map(({ query }) => query['page'])).toEqual(['4']);
    const staged = await whatStagingComesTo(async (other) => {
      await interrupted(other);
      await other.attempt('acme');
    });
    expect(await readTables(harness.database.pool)).toEqual(staged);
  });

  it('stores what was read where a page is given up, and covers no day', async () => {
    const night = async (harness: Harness) => {
      harness.catalog.script(({ query }) => (query['page'] === '4' ? { act: 'status', status: 403 } : undefined));
      return harness.night('2025-01-01');
    };
    const harness = await open();
    expect(await night(harness)).toMatchObject({ state: 'partial', figures: { added: SIZE - 10 } });
    expect(await only(harness.rows(MIRRORED))).toMatchObject({ artifacts: SIZE - 10, covers: 0 });
    expect(await readTables(harness.database.pool)).toEqual(await whatStagingComesTo(night));
  });

  it('sees its ledger, however the database isolates transactions', async () => {
    const harness = await open();
    await harness.rows(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L', current_database(), 'repeatable read'); END $$`,
    );
    const pool = new pg.Pool({ connectionString: harness.database.connectionString });
    cleanups.push(() => pool.end());
    harness.configure({ pool });
    expect(await harness.night('2025-01-01')).toMatchObject({
      state: 'certified',
      figures: { pages: PAGES, added: SIZE },
    });
    expect(await only(harness.rows('SELECT count(*)::integer AS staged FROM mirror.staged_pages'))).toEqual({
      staged: 0,
    });
    expect(await only(harness.rows('SELECT count(*)::integer AS known FROM mirror.known_pages'))).toEqual({
      known: PAGES,
    });
  });

  it('takes no connection that somebody else in the process may need', async () => {
    const harness = await open();
    const pool = new pg.Pool({ connectionString: harness.database.connectionString, max: 2 });
    cleanups.push(() => pool.end());
    harness.configure({ pool });
    const looks: Promise<unknown>[] = [];
    await harness.night('2025-01-01', 'acme', { onProgress: () => void looks.push(harness.rows(KEPT)) });
    expect((await Promise.all(looks)).flat()).toEqual(looks.map(() => ({ kept: 0 })));
    expect(await only(harness.rows(MIRRORED))).toEqual({ artifacts: SIZE, observations: SIZE, covers: 1 });
  });

  it('is of lists alone that are long enough', async () => {
    const harness = await open();
    harness.configure({ loadsFrom: SIZE + 1 });
    const looks: Promise<unknown>[] = [];
    await harness.night('2025-01-01', 'acme', { onProgress: () => void looks.push(harness.rows(KEPT)) });
    expect((await Promise.all(looks)).flat()).toEqual(looks.map(() => ({ kept: 0 })));
  });
});

describe.skipIf(!postgresAvailable)('a first load and another organization that lists the same artifacts', () => {
  const lists = { acme: shared(1, SIZE, 'acme'), hub: [artifact(1, { is_public: true }, 'hub0')] };
  it.each([
    ['is written', WRITES],
    ['is applied', CLOSES],
  ])('both end certified where the other one comes while it %s', async (_, stop) => {
    const harness = await open({ lists, organizations: [mirrored('acme')] });
    const turnstile = await stopAt(harness, stop);
    const own = harness.attempt('acme');
    await turnstile.arrival();
    // It does not know of acme, so that it speaks for what acme owns until acme does.
    harness.configure({ pool: turnstile.passingPool, organizations: [withGuests('hub')] });
    const other = harness.attempt('hub');
    await untilOneMoreWaits(turnstile.passingPool);
    await turnstile.open(stop);
    expect(await own).toMatchObject({ run: { state: 'certified', figures: { listed: SIZE } } });
    expect(await other).toMatchObject({ run: { state: 'certified' } });
    expect(await speakers(harness)).toContainEqual({ owner: 'acme', mirrored_by: 'acme', artifacts: SIZE });
    expect(
      await only(
        harness.rows('SELECT count(*)::integer AS count FROM mirror.artifacts WHERE id = $1', [artifactId(1)]),
      ),
    ).toEqual({ count: 1 });
  });
});
