import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/catalog/failure.ts';
import type { MirrorRequest } from '../../src/mirror/types.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifactId, artifacts, type Harness, openHarness } from './harness.ts';
import { placeStops, type Turnstile } from './turnstile.ts';

let harness: Harness;
let turnstile: Turnstile | null = null;
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  await harness.close();
});

const NOT_LAST: Partial<MirrorRequest> = { lastAttempt: false };
const runs = () =>
  harness.rows(
    `SELECT id::integer, state, day::text, requests, retries, pages, fencing_token::integer AS token FROM mirror.runs
     ORDER BY id`,
  );
const stagedPages = async () =>
  (await harness.rows<{ page: number }>('SELECT page FROM mirror.staged_pages ORDER BY pass, page')).map(
    (row) => row.page,
  );
const counts = async () =>
  (
    await harness.rows(
      `SELECT (SELECT count(*)::integer FROM mirror.artifacts) AS artifacts,
              (SELECT count(*)::integer FROM mirror.download_observations) AS observations,
              (SELECT count(*)::integer FROM mirror.artifact_events) AS events,
              (SELECT count(*)::integer FROM mirror.dead_letters) AS letters,
              (SELECT count(*)::integer FROM mirror.staged_pages) AS "stagedPages",
              (SELECT count(*)::integer FROM mirror.staged_artifacts) AS "stagedArtifacts",
              (SELECT count(*)::integer FROM mirror.staged_bad_records) AS "stagedBadRecords"`,
    )
  )[0];
const pagesAsked = (from: number) =>
  harness.catalog.requests.slice(from).map((request) => Number(request.query['page']));
const lettersOf = () =>
  harness.rows('SELECT error_class, level, state, page, attempts FROM mirror.dead_letters ORDER BY id');

/** A page that is answered 500 until the returned function is called. */
function breakPage(page: number, status = 500): () => void {
  return harness.catalog.script((request) =>
    request.query['page'] === String(page) ? { act: 'status', status, detail: 'boom' } : undefined,
  );
}

/** Makes every insert into a table fail the way PostgreSQL fails, until the returned function is called. */
async function breakTable(table: string, raise: string): Promise<() => Promise<void>> {
  await harness.database.pool.query(
    `CREATE FUNCTION public.break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${raise} RETURN NEW; END $$;
     CREATE TRIGGER break BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION public.break()`,
  );
  return async () => {
    await harness.database.pool.query('DROP FUNCTION public.break() CASCADE');
  };
}

describe.skipIf(!postgresAvailable)('an attempt that may be made again', () => {
  it('leaves the run open with what it staged, and the next one reads only the missing page', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const mend = breakPage(3);
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'server_error', status: 500 });
    expect(await runs()).toMatchObject([{ id: 1, state: 'running', requests: 8, retries: 4 }]);
    expect(await stagedPages()).toEqual([1, 2, 4]);
    expect(await counts()).toMatchObject({ artifacts: 0, observations: 0, letters: 0, stagedArtifacts: 25 });
    mend();
    const before = harness.catalog.requests.length;
    const outcome = await harness.attempt('acme', { ...NOT_LAST, runId: '1' });
    expect(pagesAsked(before)).toEqual([3]);
    expect(outcome).toMatchObject({
      status: 'closed',
      run: { runId: '1', state: 'certified', figures: { added: 35, pages: 4, requests: 9, retries: 4, letters: 0 } },
    });
    expect(await counts()).toEqual({
      artifacts: 35,
      observations: 35,
      events: 0,
      letters: 0,
      stagedPages: 0,
      stagedArtifacts: 0,
      stagedBadRecords: 0,
    });
  });

  it('closes the run at once where trying again cannot help', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    breakPage(3, 403);
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({
      run: { state: 'partial', errorClass: 'forbidden', figures: { added: 25, letters: 1 } },
    });
    expect(await lettersOf()).toEqual([
      { error_class: 'forbidden', level: 'page', state: 'open', page: 3, attempts: 1 },
    ]);
  });

  it('that failed for good becomes a letter only with the last one, once, and a later run resolves it', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const mend = breakPage(3);
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toBeInstanceOf(Failure);
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toBeInstanceOf(Failure);
    expect(await harness.attempt('acme')).toMatchObject({ run: { runId: '1', state: 'partial' } });
    expect(await harness.attempt('acme')).toMatchObject({ run: { runId: '2', state: 'partial' } });
    expect(await harness.rows('SELECT occurrences, run_id::integer AS run FROM mirror.dead_letters')).toEqual([
      { occurrences: 2, run: 2 },
    ]);
    mend();
    expect(await harness.attempt('acme')).toMatchObject({ run: { state: 'certified', figures: { added: 10 } } });
    expect(await lettersOf()).toMatchObject([{ state: 'resolved' }]);
  });

  it('closes the run as failed, with a letter, where not even a request can be made', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    harness.configure({
      clientFor: () => {
        throw new Failure({
          class: 'authentication',
          operation: 'prepare requests',
          subject: 'CATALOG_TOKEN',
          detail: 'it is empty',
          hint: 'set it',
        });
      },
    });
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({
      run: { state: 'failed', errorClass: 'authentication', figures: { requests: 0, letters: 1 } },
    });
    expect(await lettersOf()).toMatchObject([{ error_class: 'authentication', level: 'organization' }]);
  });

  it('ends well without a request where its run is closed already', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    const run = await harness.night('2025-01-01');
    const before = await counts();
    const requests = harness.catalog.requests.length;
    expect(await harness.attempt('acme', { runId: run.runId })).toEqual({ status: 'closed', run: expect.anything() });
    expect(harness.catalog.requests).toHaveLength(requests);
    expect(await runs()).toHaveLength(1);
    expect(await counts()).toEqual(before);
  });

  it('starts over on another day: what the old run staged is of no use to the new one', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    harness.clock.set('2025-01-01T23:59:00Z');
    const mend = breakPage(3);
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toBeInstanceOf(Failure);
    mend();
    expect(await harness.night('2025-01-02', 'acme', { runId: '1' })).toMatchObject({
      runId: '2',
      state: 'certified',
      figures: { requests: 4 },
    });
    expect(await runs()).toMatchObject([
      { id: 1, state: 'abandoned', day: '2025-01-01' },
      { id: 2, state: 'certified', day: '2025-01-02' },
    ]);
    expect(await counts()).toMatchObject({ stagedPages: 0, stagedArtifacts: 0 });
  });

  it('tells its run as soon as there is one, and gives it back where that fails', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    const told: string[] = [];
    await expect(
      harness.attempt('acme', {
        onRunOpened: async (runId) => {
          told.push(runId);
          throw new Error('the queue is gone');
        },
      }),
    ).rejects.toMatchObject({ class: 'internal', operation: 'note the run in its job', detail: 'the queue is gone' });
    expect(harness.catalog.requests).toEqual([]);
    expect(await harness.attempt('acme', { onRunOpened: async (runId) => void told.push(runId) })).toMatchObject({
      run: { runId: '1', state: 'certified' },
    });
    expect(told).toEqual(['1', '1']);
  });

  it('is refused for an organization that the settings do not name, before anything is opened', async () => {
    harness = await openHarness({ lists: { acme: [] } });
    await expect(harness.attempt('globex')).rejects.toMatchObject({ class: 'invalid_request' });
    await expect(harness.attempt('acme', { kind: 'spoons' })).rejects.toMatchObject({ class: 'invalid_request' });
    expect(await runs()).toEqual([]);
  });
});

describe.skipIf(!postgresAvailable)('a worker that must stop', () => {
  it('hands its run back in the middle of the walk, and the next goes on as if nothing had been', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) }, pageSize: 10 });
    harness.configure({ pageConcurrency: 1 });
    const stop = new AbortController();
    const restore = harness.catalog.script((request) =>
      request.query['page'] === '3'
        ? { act: 'hang', afterwards: () => stop.abort(new Error('the worker stops')) }
        : undefined,
    );
    await expect(harness.attempt('acme', { signal: stop.signal })).rejects.toThrow('the worker stops');
    expect(await runs()).toMatchObject([{ state: 'running', requests: 3 }]);
    expect(await stagedPages()).toEqual([1, 4]);
    expect(await counts()).toMatchObject({ artifacts: 0, letters: 0 });
    restore();
    const before = harness.catalog.requests.length;
    expect(await harness.attempt('acme')).toMatchObject({
      run: { runId: '1', state: 'certified', figures: { added: 35, pages: 4, requests: 5 } },
    });
    expect(pagesAsked(before)).toEqual([3, 2]);
  });

  it('lets another one wait meanwhile: two attempts never work on one listing', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const stop = new AbortController();
    let reached = (): void => {};
    const hangs = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const restore = harness.catalog.script((request) =>
      request.query['page'] === '2' ? { act: 'hang', afterwards: reached } : undefined,
    );
    const first = harness.attempt('acme', { signal: stop.signal });
    await hangs;
    expect(await harness.attempt('acme')).toMatchObject({ status: 'busy', retryInMs: expect.any(Number) });
    stop.abort(new Error('the worker stops'));
    await expect(first).rejects.toThrow('the worker stops');
    restore();
    expect(await harness.attempt('acme')).toMatchObject({ run: { runId: '1', state: 'certified' } });
  });

  it('writes nothing more once another has taken its run over, and reports what became of it', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const overtake = async (): Promise<void> => {
      await harness.rows("UPDATE mirror.runs SET lease_expires_at = clock_timestamp() - interval '1 second'");
      expect(await harness.attempt('acme')).toMatchObject({ run: { runId: '1', state: 'certified' } });
    };
    let after: unknown;
    const first = await harness.attempt('acme', {
      onRunOpened: async () => {
        await overtake();
        after = await counts();
      },
    });
    expect(first).toMatchObject({ status: 'closed', run: { runId: '1', state: 'certified' } });
    expect(await counts()).toEqual(after);
    // The one page that it had read when it lost the run, and the four of the other.
    expect(harness.catalog.requests).toHaveLength(5);
    expect(await runs()).toMatchObject([{ token: 2 }]);
  });

  it('leaves the mirror as it was where its connection dies in the middle of the apply', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    await harness.night('2025-01-01');
    harness.catalog.update('acme', artifactId(3), { download_count: 1_000 });
    harness.catalog.remove('acme', artifactId(4));
    turnstile = await placeStops(harness.database, ['AFTER INSERT ON mirror.artifact_events']);
    const before = await counts();
    harness.clock.set('2025-01-02T03:00:00Z');
    const dying = expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({ class: 'database' });
    const { process, stop } = await turnstile.arrival();
    await turnstile.passingPool.query('SELECT pg_terminate_backend($1)', [process]);
    await dying;
    // With its fields is staged what moved alone; the other 33 are settled.
    expect(await counts()).toMatchObject({ ...before, stagedPages: 5, stagedArtifacts: 1 });
    await turnstile.open(stop);
    const requests = harness.catalog.requests.length;
    expect(await harness.attempt('acme')).toMatchObject({
      run: { runId: '2', state: 'certified', figures: { counted: 1, withdrawn: 1 } },
    });
    expect(harness.catalog.requests).toHaveLength(requests);
  });
});

describe.skipIf(!postgresAvailable)('a store that fails while a night is applied', () => {
  const RAISE = "RAISE EXCEPTION 'no room' USING ERRCODE = '53100';";

  it('writes nothing; the next attempt applies what is staged without a request', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const mend = await breakTable('mirror.download_observations', RAISE);
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toMatchObject({
      class: 'database',
      detail: expect.stringContaining('no room'),
      hint: expect.stringContaining('disk space'),
    });
    expect(await counts()).toMatchObject({ artifacts: 0, observations: 0, letters: 0, stagedPages: 4 });
    expect(await runs()).toMatchObject([{ state: 'running', requests: 4 }]);
    await mend();
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({
      run: { runId: '1', state: 'certified', figures: { added: 35, requests: 4 } },
    });
    expect(harness.catalog.requests).toHaveLength(4);
  });

  it('closes the run as failed after the last attempt, with a letter and without a trace of the night', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const mend = await breakTable('mirror.download_observations', RAISE);
    expect(await harness.night('2025-01-01')).toMatchObject({
      state: 'failed',
      errorClass: 'database',
      error: expect.stringContaining('no room'),
      figures: { added: 0, counted: 0, letters: 1, requests: 4 },
    });
    expect(await counts()).toEqual({
      artifacts: 0,
      observations: 0,
      events: 0,
      letters: 1,
      stagedPages: 0,
      stagedArtifacts: 0,
      stagedBadRecords: 0,
    });
    expect(await lettersOf()).toMatchObject([{ error_class: 'database', level: 'organization', state: 'open' }]);
    await mend();
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'certified', figures: { added: 35 } });
    expect(await lettersOf()).toMatchObject([{ state: 'resolved' }]);
  });

  it.each([
    ['a deadlock', '40P01'],
    ['a serialization failure', '40001'],
  ])('begins the transaction again after %s, and applies the night once', async (_, sqlState) => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    await harness.database.pool.query('CREATE SEQUENCE public.tries');
    await breakTable(
      'mirror.download_observations',
      `IF nextval('public.tries') < 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '${sqlState}'; END IF;`,
    );
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({
      run: { state: 'certified', figures: { added: 35, counted: 35, requests: 4 } },
    });
    expect(await counts()).toMatchObject({ artifacts: 35, observations: 35, stagedPages: 0 });
  });

  it('is not blamed for a mistake of our own, which is `internal` and says so in its letter', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const onProgress = (): never => {
      throw new TypeError('pages is undefined');
    };
    await expect(harness.attempt('acme', { ...NOT_LAST, onProgress })).rejects.toMatchObject({ class: 'internal' });
    expect(await harness.attempt('acme', { onProgress })).toMatchObject({
      run: { state: 'failed', errorClass: 'internal', error: expect.not.stringContaining('PostgreSQL') },
    });
    expect(await lettersOf()).toMatchObject([{ error_class: 'internal', level: 'organization' }]);
  });

  it('gives every connection back, whatever happened', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    const pool = new pg.Pool({ connectionString: harness.database.connectionString, max: 2 });
    harness.configure({ pool });
    const mend = await breakTable('mirror.download_observations', RAISE);
    const mendPage = breakPage(3);
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toBeInstanceOf(Failure);
    mendPage();
    await expect(harness.attempt('acme', NOT_LAST)).rejects.toBeInstanceOf(Failure);
    await harness.attempt('acme');
    await mend();
    await harness.attempt('acme');
    await expect(harness.attempt('acme', { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    expect(pool.totalCount - pool.idleCount).toBe(0);
    expect(
      await harness.rows(
        "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND datname = current_database()",
      ),
    ).toEqual([]);
    await pool.end();
  });
});

describe.skipIf(!postgresAvailable)('a catalog that asks to wait', () => {
  it('is obeyed to the second, which costs no attempt and no patience', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    harness.clock.set('2025-01-01T03:00:00Z');
    let refusals = 0;
    harness.catalog.script((request) => {
      if (request.query['page'] !== '2' || refusals === 6) return undefined;
      refusals += 1;
      return { act: 'status', status: 429, retryAfter: '100' };
    });
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({
      run: { state: 'certified', figures: { added: 35, retries: 6, requests: 10, letters: 0 } },
    });
    expect(harness.clock.now().getTime() - Date.parse('2025-01-01T03:00:00Z')).toBeGreaterThanOrEqual(600_000);
  });

  it('for longer than 15 minutes in all is given up, with a letter for the pages it kept back', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 15) } });
    harness.catalog.script((request) =>
      request.query['page'] === '2' ? { act: 'status', status: 429, retryAfter: '1000' } : undefined,
    );
    expect(await harness.attempt('acme', NOT_LAST)).toMatchObject({
      run: { state: 'partial', errorClass: 'rate_limited', figures: { added: 10, letters: 1 } },
    });
    expect(await lettersOf()).toMatchObject([{ error_class: 'rate_limited', level: 'page', page: 2 }]);
  });
});
