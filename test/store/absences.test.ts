import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LONGEST_PAYLOAD_BYTES } from '../../src/catalog/payload.ts';
import type { Night, Removal } from '../../src/store/apply/apply-night.ts';
import type { ApplyContext } from '../../src/store/apply/context.ts';
import { readAbsences } from '../../src/store/read-absences.ts';
import type { RunRecord } from '../../src/store/read-runs.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, heldLetter, inexactNight, openNight, proofOf, type Reads } from './apply-ground.ts';
import { artifactId, bad, good, instant, START } from './ground.ts';
import { untilWaiting } from './sessions.ts';

const ALL: Reads = [[[1, 2, 3, 4, 5, 6, 7].map((n) => good(n))]];
/** Without 2, which the first page covers, and 4, whose place is on the seam of the first two pages. */
const WITH_A_HOLE_ON_A_SEAM: Reads = [
  [[good(1), good(3)], { page: 1, limit: 2, hasNext: true }],
  [[good(5), good(6)], { page: 2, limit: 2, hasNext: true }],
  [[good(7)], { page: 3, limit: 2 }],
];

describe.skipIf(!postgresAvailable)('what a run found absent', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(() => client.release());

  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await client.query(sql)).rows;
  const ids = (...numbers: readonly number[]): readonly string[] => numbers.map(artifactId);
  const ended = () => rows('SELECT id, ending FROM mirror.artifacts WHERE ended_at IS NOT NULL ORDER BY id');
  const marked = async (): Promise<readonly unknown[]> =>
    (await rows('SELECT id FROM mirror.artifacts WHERE absent_since IS NOT NULL ORDER BY id')).map(({ id }) => id);

  async function night(reads: Reads, how: Night, changes: Partial<ApplyContext> = {}): Promise<RunRecord> {
    return closeNight(client, await openNight(client, reads), how, changes);
  }

  /** A complete night, and what its gate was asked. */
  async function askedNight(
    reads: Reads,
    approvedRunId: string | null,
    isHeld: boolean,
  ): Promise<{ readonly run: RunRecord; readonly asked: Removal | undefined }> {
    const asked: Removal[] = [];
    const how = completeNight({
      isHeld: (removal) => {
        asked.push(removal);
        return isHeld;
      },
    });
    const run = await night(reads, how, { approvedRunId });
    return { run, asked: asked[0] };
  }

  /** Artifacts that the mirror knows, a second apart from the first one on. */
  const insertMany = (count: number) =>
    client.query(
      `INSERT INTO mirror.artifacts (id, kind, name, owner, mirrored_by, version, framework, is_public, created_at,
                                     first_seen_at, changed_at, first_run_id)
       SELECT ('10000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'models', 'acme/m-' || n, 'acme', 'acme',
              '1', 'x', true, timestamptz '2024-06-01 00:00:00Z' + n * interval '1 second', $2, $2, 0
       FROM generate_series(1, $1::integer) AS n`,
      [count, START],
    );

  it('does not include what lies on a seam: it stays, though the run is called complete', async () => {
    await night(ALL, completeNight());
    const run = await night(WITH_A_HOLE_ON_A_SEAM, completeNight());
    expect(run).toMatchObject({ state: 'certified', figures: { withdrawn: 1, unproved: 1 } });
    expect(await ended()).toEqual([{ id: artifactId(2), ending: 'withdrawn' }]);
  });

  it('includes what an extra read shows to be absent, and names the read that arrived last', async () => {
    await night(ALL, completeNight());
    const later = new Date(START.getTime() + 5_000);
    const run = await night(
      [
        ...WITH_A_HOLE_ON_A_SEAM,
        [[good(3), good(5), good(6)], { pass: null, page: 2, limit: 3, hasNext: true, asked: 9_001, arrivedAt: later }],
        [[good(3), good(5)], { pass: null, page: 3, limit: 4, hasNext: true, asked: 9_003 }],
      ],
      completeNight(),
    );
    expect(run.figures).toMatchObject({ withdrawn: 2, unproved: 0 });
    expect(await readAbsences(client, run.runId, { limit: 10 })).toEqual([
      {
        artifactId: artifactId(2),
        name: 'acme/model-2',
        version: '1.0.0',
        createdAt: '2024-01-01T00:00:02.000000Z',
        finding: 'absent',
        witness: { page: 1, limit: 2, at: START.toISOString() },
      },
      {
        artifactId: artifactId(4),
        name: 'acme/model-4',
        version: '1.0.0',
        createdAt: '2024-01-01T00:00:04.000000Z',
        finding: 'absent',
        witness: { page: 2, limit: 3, at: later.toISOString() },
      },
    ]);
  });

  it('can be read by finding, and only so much of it', async () => {
    await night(ALL, completeNight());
    const { runId } = await night(WITH_A_HOLE_ON_A_SEAM, completeNight());
    const read = async (filter: Parameters<typeof readAbsences>[2]) =>
      (await readAbsences(client, runId, filter)).map(({ artifactId: id, finding }) => [id, finding]);
    expect(await read({ finding: 'absent', limit: 10 })).toEqual([[artifactId(2), 'absent']]);
    expect(await read({ finding: 'unproved', limit: 10 })).toEqual([[artifactId(4), 'unproved']]);
    expect(await read({ limit: 1 })).toEqual([[artifactId(2), 'absent']]);
    expect(await readAbsences(client, '999', { limit: 10 })).toEqual([]);
  });

  it('is superseded where another version of its name is listed, be it in a bad record, and else withdrawn', async () => {
    const twin = { name: 'acme/twin' };
    await night([[[good(1), good(2), good(3, twin), good(4, twin), good(5)]]], completeNight());
    const run = await night(
      [
        [
          [
            good(1),
            bad({ id: artifactId(4), createdAt: instant('2024-01-01T00:00:04Z') }),
            good(6, { name: 'acme/model-2', version: '2.0.0' }),
          ],
        ],
      ],
      completeNight(),
    );
    expect(run.figures).toMatchObject({ superseded: 2, withdrawn: 1 });
    expect(await ended()).toEqual([
      { id: artifactId(2), ending: 'superseded' },
      { id: artifactId(3), ending: 'superseded' },
      { id: artifactId(5), ending: 'withdrawn' },
    ]);
  });

  it('is only marked while the run is held, and what has no witness is not even that', async () => {
    await night(ALL, completeNight());
    const { run, asked } = await askedNight(WITH_A_HOLE_ON_A_SEAM, null, true);
    expect(asked).toEqual({ withdrawn: 1, superseded: 0, approved: 0, currentBefore: 7 });
    expect(run).toMatchObject({ state: 'held', figures: { withdrawn: 0, unproved: 1 } });
    expect([await ended(), await marked()]).toEqual([[], ids(2)]);
    expect(await rows('SELECT payload FROM mirror.dead_letters')).toEqual([
      { payload: JSON.stringify({ absent: ids(2) }) },
    ]);
    expect(await rows("SELECT artifact_id, run_id FROM mirror.artifact_events WHERE event = 'absent'")).toEqual([
      { artifact_id: artifactId(2), run_id: run.runId },
    ]);
  });

  it('is approved where the approved run found it absent too, and ends only where this run proves it again', async () => {
    await night(ALL, completeNight());
    const held = await askedNight([[[good(1)]]], null, true);
    expect(await marked()).toEqual(ids(2, 3, 4, 5, 6, 7));
    const approved = await askedNight([[[good(1), good(7)]]], held.run.runId, false);
    expect(approved.asked).toEqual({ withdrawn: 5, superseded: 0, approved: 5, currentBefore: 7 });
    expect((await ended()).map(({ id }) => id)).toEqual(ids(2, 3, 4, 5, 6));
    expect(await marked()).toEqual([]);
  });

  it('is not ended, approved or not, where the gate says held for the others', async () => {
    await night(ALL, completeNight());
    const held = await askedNight([[[1, 4, 5, 6, 7].map((n) => good(n))]], null, true);
    const again = await askedNight([[[good(1)]]], held.run.runId, true);
    expect(again.asked).toEqual({ withdrawn: 6, superseded: 0, approved: 2, currentBefore: 7 });
    expect([await ended(), await marked()]).toEqual([[], ids(2, 3, 4, 5, 6, 7)]);
  });

  it('counts as approved only where it would be withdrawn, and was found absent, not unproved', async () => {
    await night(ALL, completeNight());
    const before = await night(WITH_A_HOLE_ON_A_SEAM, inexactNight(proofOf()));
    const listed = [1, 3, 5, 6, 7].map((n) => good(n));
    const both = await askedNight([[listed]], before.runId, true);
    expect(both.asked).toMatchObject({ withdrawn: 2, superseded: 0, approved: 1 });
    const replaced = await askedNight([[[...listed, good(8, { name: 'acme/model-2' })]]], before.runId, true);
    expect(replaced.asked).toMatchObject({ withdrawn: 1, superseded: 1, approved: 0 });
  });

  it('is left alone where another organization takes it over while the night is applied', async () => {
    await night(ALL, completeNight());
    const rival = await database.pool.connect();
    await rival.query('BEGIN');
    await rival.query("UPDATE mirror.artifacts SET mirrored_by = 'rival' WHERE id = $1", [artifactId(2)]);
    const applied = night([[[1, 4, 5, 6, 7].map((n) => good(n))]], completeNight());
    await untilWaiting(database.pool);
    await rival.query('COMMIT');
    rival.release();
    const run = await applied;
    expect(run.figures).toMatchObject({ withdrawn: 1, unproved: 0 });
    expect((await readAbsences(client, run.runId, { limit: 10 })).map(({ artifactId: id }) => id)).toEqual(ids(3));
    expect(await ended()).toEqual([{ id: artifactId(3), ending: 'withdrawn' }]);
  });

  it('is all in run_absences, and as much of it in the letter as a letter may hold', async () => {
    await insertMany(30_000);
    const run = await night([[[]]], completeNight({ isHeld: () => true, heldLetter }));
    expect(
      await rows(`SELECT count(*)::integer AS found FROM mirror.run_absences
                  WHERE run_id = ${run.runId} AND finding = 'absent'`),
    ).toEqual([{ found: 30_000 }]);
    const [letter] = await rows('SELECT octet_length(payload) AS bytes, payload FROM mirror.dead_letters');
    expect(letter).toMatchObject({ bytes: LONGEST_PAYLOAD_BYTES });
    expect(letter?.['payload']).toMatch(/^\{"absent":\["10000000-0000-4000-8000-000000000001","10000000-/);
  });

  it('is kept of a run that is not complete for the first thousand of each finding', async () => {
    await insertMany(2_200);
    const edge = (n: number, text: string) => good(n, { createdAt: instant(text) });
    const run = await night(
      [[[edge(1, '2024-06-01T00:00:00Z'), edge(2, '2024-06-01T00:18:21Z')], { page: 2, limit: 2, hasNext: true }]],
      inexactNight(proofOf()),
    );
    expect(
      await rows(`SELECT finding, count(*)::integer, min(created_at), max(created_at)
                  FROM mirror.run_absences JOIN mirror.artifacts ON id = artifact_id
                  WHERE run_id = ${run.runId} GROUP BY finding ORDER BY finding`),
    ).toEqual([
      { finding: 'absent', count: 1000, min: new Date('2024-06-01T00:00:01Z'), max: new Date('2024-06-01T00:16:40Z') },
      {
        finding: 'unproved',
        count: 1000,
        min: new Date('2024-06-01T00:18:21Z'),
        max: new Date('2024-06-01T00:35:00Z'),
      },
    ]);
  });
});
