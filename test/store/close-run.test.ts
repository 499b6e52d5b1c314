import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failRun } from '../../src/store/apply/fail-run.ts';
import { listRuns, readRun } from '../../src/store/read-runs.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, heldLetter, inexactNight, openNight, proofOf, WALK } from './apply-ground.ts';
import { applyContext, artifactId, good, instant, START } from './ground.ts';

describe.skipIf(!postgresAvailable)('closing a run', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  it('keeps the proof as the walk gave it, whatever the verdict', async () => {
    const proved = proofOf({ by: 'witnesses', reason: null, advice: null });
    const open = proofOf({ disorder: 'it does not sort', unprovedPlaces: [instant('2024-01-01T00:00:00.000001Z')] });
    const nights = [completeNight({ proof: proved }), inexactNight(open), inexactNight(null)];
    for (const night of nights) {
      const run = await closeNight(client, await openNight(client, [[[good(1)]]]), night);
      expect(run.proof).toEqual(night.proof);
    }
    expect((await listRuns(client, { limit: 3 })).map(({ proof }) => proof)).toEqual([null, open, proved]);
  });

  it('keeps no proof where nothing was read or stored', async () => {
    const run = await openNight(client, []);
    const failed = {
      end: { state: 'failed', error: 'nothing could be read', errorClass: 'timeout' },
      letter: heldLetter({ withdrawn: 0, superseded: 0, approved: 0, currentBefore: 0 }, []),
    } as const;
    expect(await failRun(client, run, applyContext(run.runId), failed, WALK)).toBe(true);
    expect(await readRun(client, run.runId)).toMatchObject({ state: 'failed', proof: null });
  });

  it('does not take for a proof what is none, and tells the run all the same', async () => {
    const { runId } = await closeNight(client, await openNight(client, []), completeNight());
    await client.query(`UPDATE mirror.runs SET proof = '{"by":"magic"}' WHERE id = $1`, [runId]);
    expect(await readRun(client, runId)).toMatchObject({ runId, state: 'certified', proof: null });
  });

  it('counts each page of a reading once, extra reads by themselves, and takes total from the last answer', async () => {
    const run = await openNight(client, [
      [[good(1)], { pass: 1, page: 1, asked: 1, arrived: 90, total: 11 }],
      [[good(2)], { pass: 1, page: 2, asked: 3, total: 12 }],
      [[good(2)], { pass: 1, page: 2, asked: 5, total: 13 }],
      [[good(1)], { pass: 2, page: 1, asked: 7, total: 14 }],
      [[good(1), good(2), good(3)], { pass: null, page: 1, asked: 9, total: 15 }],
      [[good(1)], { pass: null, page: 1, asked: 11, total: 16 }],
    ]);
    const { figures } = await closeNight(client, run, completeNight());
    expect(figures).toMatchObject({ pages: 3, extraReads: 2, total: 11, listed: 3 });
  });

  it('stores of an artifact what the read that arrived last says, and of reads of one moment the last one asked', async () => {
    const later = new Date(START.getTime() + 1);
    const run = await openNight(client, [
      [[good(1, { downloadCount: 1 }), good(2, { downloadCount: 1 })], { asked: 1, arrivedAt: later }],
      [[good(1, { downloadCount: 2 }), good(2, { downloadCount: 2 })], { pass: null, asked: 3 }],
      [[good(2, { downloadCount: 3 })], { pass: null, asked: 5, arrivedAt: later }],
    ]);
    await closeNight(client, run, completeNight());
    expect((await client.query('SELECT id, download_count FROM mirror.artifacts ORDER BY id')).rows).toEqual([
      { id: artifactId(1), download_count: '1' },
      { id: artifactId(2), download_count: '3' },
    ]);
  });
});
