import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/catalog/failure.ts';
import { exportRows } from '../../../src/report/export/export-rows.ts';
import { createNdjsonWriter } from '../../../src/report/export/ndjson.ts';
import { reportRows } from '../../../src/report/export/report-rows.ts';
import { readReport } from '../../../src/report/read-report.ts';
import type { ReportRow } from '../../../src/report/report-values.ts';
import { postgresAvailable, useTestDatabase } from '../../support/database.ts';
import { writeHistory } from '../history.ts';

const NEVER = new AbortController().signal;
const ROWS = 3_500;

/** One organization, and more artifacts than are read at a time. */
const MANY = {
  runs: [{ day: '2025-01-01' }],
  artifacts: Array.from({ length: ROWS }, (_, place) => ({ name: `acme/model-${place}`, counts: { 1: place } })),
};

const HELD = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
const OPEN_CURSORS = `SELECT 1 FROM pg_stat_activity
  WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE 'FETCH%'`;

describe.skipIf(!postgresAvailable)('the rows of a report', () => {
  const database = useTestDatabase();

  const count = async (sql: string): Promise<number> => (await database.pool.query(sql)).rows.length;

  it('are those that the report reads, in its order, in batches', async () => {
    await writeHistory(database.pool, MANY);
    const batches: (readonly ReportRow[])[] = [];
    for await (const batch of reportRows(database.pool, 'artifacts', {}, NEVER)) batches.push(batch);
    expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 500]);
    const { rows } = await readReport(database.pool, 'artifacts', { limit: ROWS });
    expect(batches.flat()).toEqual(rows);
  });

  it('are narrowed and limited as asked', async () => {
    await writeHistory(database.pool, MANY);
    const read = async (filter: object): Promise<number> => {
      let rows = 0;
      for await (const batch of reportRows(database.pool, 'coverage', filter, NEVER)) rows += batch.length;
      return rows;
    };
    expect(await read({})).toBe(1);
    expect(await read({ organization: 'nobody' })).toBe(0);
    expect(await read({ since: '2025-01-02' })).toBe(0);
    expect(await read({ organization: 'acme', since: '2025-01-01', until: '2025-01-01', limit: 5 })).toBe(1);
  });

  it('are all of one moment, whatever is mirrored meanwhile', async () => {
    await writeHistory(database.pool, MANY);
    let rows = 0;
    for await (const batch of reportRows(database.pool, 'artifacts', {}, NEVER)) {
      if (rows === 0)
        await database.pool.query('DELETE FROM mirror.download_observations; DELETE FROM mirror.artifacts');
      rows += batch.length;
    }
    expect(rows).toBe(ROWS);
  });

  it('are read no sooner than they are taken', async () => {
    await writeHistory(database.pool, MANY);
    const written: number[] = [];
    let read = 0;
    const counted = async function* () {
      for await (const batch of reportRows(database.pool, 'artifacts', {}, NEVER)) {
        read += batch.length;
        yield batch;
      }
    };
    const sink = {
      write: async () => {
        // What was read beyond what this sink has been given.
        await new Promise((resolve) => setImmediate(resolve));
        written.push(read);
        return true;
      },
    };
    expect(await exportRows(counted(), createNdjsonWriter(), sink)).toMatchObject({ rows: ROWS, whole: true });
    expect(written).toEqual([1_000, 2_000, 3_000, 3_500]);
  });

  it('leave nothing open where they are not wanted any more', async () => {
    await writeHistory(database.pool, MANY);
    const done = await exportRows(reportRows(database.pool, 'artifacts', {}, NEVER), createNdjsonWriter(), {
      write: async () => {
        expect(await count(OPEN_CURSORS)).toBe(1);
        return false;
      },
    });
    expect(done).toMatchObject({ rows: 1_000, whole: false });
    await expect.poll(() => count(OPEN_CURSORS)).toBe(0);
  });

  it('end at once when they are told to, also while PostgreSQL is at work', async () => {
    await writeHistory(database.pool, MANY);
    const other = await database.pool.connect();
    try {
      await other.query('BEGIN; LOCK TABLE mirror.artifacts');
      const stop = new AbortController();
      const ended = reportRows(database.pool, 'artifacts', {}, stop.signal)
        .next()
        .catch((error: unknown) => error);
      await expect.poll(() => count(HELD)).toBe(1);
      const reason = new Error('stopped by SIGINT');
      stop.abort(reason);
      expect(await ended).toBe(reason);
      await expect.poll(() => count(HELD)).toBe(0);
    } finally {
      other.release(true);
    }
  });

  it('fail in a sentence where the filter is wrong, the view is missing or the connection breaks', async () => {
    const first = (filter: object): Promise<unknown> =>
      reportRows(database.pool, 'models', filter, NEVER)
        .next()
        .catch((error: unknown) => error);
    expect(await first({ since: '2025-01-01' })).toMatchObject({
      class: 'invalid_request',
      detail: 'models has no days to choose from: leave out since.',
    });

    await writeHistory(database.pool, MANY);
    const rows = reportRows(database.pool, 'artifacts', {}, NEVER);
    await rows.next();
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()
       AND state = 'idle in transaction'`,
    );
    const broken = await rows.next().catch((error: unknown) => error);
    expect(broken).toBeInstanceOf(Failure);
    expect(broken).toMatchObject({ class: 'database', operation: 'export a report', subject: 'report.artifacts' });

    await database.pool.query('DROP VIEW report.models');
    expect(await first({})).toMatchObject({ class: 'database', subject: 'report.models' });
  });
});
