import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Night } from '../../src/store/apply/apply-night.ts';
import type { RunRecord } from '../../src/store/read-runs.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, inexactNight, openNight, proofOf } from './apply-ground.ts';
import { type Known, type Situation, situations, unlistedOf, witnessOf } from './reads-model.ts';
import { situationGround } from './situation-ground.ts';

interface Applied {
  readonly run: RunRecord;
  readonly findings: readonly Record<string, unknown>[];
  /** The ids of what the run ended. */
  readonly ended: readonly string[];
}

/** A row of run_absences as it ought to be. */
function finding({ id }: Known, found: 'absent' | 'unproved', witness: ReturnType<typeof witnessOf>) {
  return {
    artifact_id: id,
    finding: found,
    witness_page: witness?.summary.page ?? null,
    witness_limit: witness?.summary.limit ?? null,
    witnessed_at: witness?.arrivedAt ?? null,
  };
}

function byId<T extends { readonly artifact_id: string }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => (a.artifact_id < b.artifact_id ? -1 : 1));
}

describe.skipIf(!postgresAvailable)('applying what a run read, whatever it read', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  let serial = 0;
  beforeEach(async () => {
    client = await database.pool.connect();
    // Another run's page that covers everything: it is no witness of anything here.
    await openNight(client, [[[]]], { organization: 'neighbour' });
  });
  afterEach(() => client.release());

  async function apply(situation: Situation, night: Night): Promise<Applied> {
    const { run, scope } = await situationGround(client, situation);
    const closed = await closeNight(client, run, night, { scope, mirrored: [situation.organization] });
    const absences = await client.query(
      `SELECT artifact_id, finding, witness_page, witness_limit, witnessed_at
       FROM mirror.run_absences WHERE run_id = $1 ORDER BY artifact_id`,
      [run.runId],
    );
    const ended = await client.query<{ id: string }>(
      'SELECT id FROM mirror.artifacts WHERE ended_at IS NOT NULL AND changed_run_id = $1 ORDER BY id',
      [run.runId],
    );
    return { run: closed, findings: absences.rows, ended: ended.rows.map(({ id }) => id) };
  }

  async function holds(check: (situation: Situation) => Promise<void>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(
        situations(() => ++serial),
        check,
      ),
      { numRuns: 100 },
    );
  }

  it('ends what a page covers and no read listed, names that page, and keeps all else whatever the caller says', async () => {
    const met = { absent: 0, unproved: 0 };
    await holds(async (situation) => {
      const { run, findings, ended } = await apply(situation, completeNight({ provedBy: 'witnesses' }));
      const expected = byId(
        unlistedOf(situation).map((artifact) => {
          const witness = witnessOf(artifact.createdAt, situation.reads);
          return finding(artifact, witness === null ? 'unproved' : 'absent', witness);
        }),
      );
      const absent = expected.filter((row) => row.finding === 'absent').map((row) => row.artifact_id);
      expect(findings).toEqual(expected);
      expect(ended).toEqual(absent);
      expect(run.figures).toMatchObject({ withdrawn: absent.length, unproved: expected.length - absent.length });
      met.absent += absent.length;
      met.unproved += expected.length - absent.length;
    });
    expect(Math.min(met.absent, met.unproved)).toBeGreaterThan(10);
  });

  it('ends all that was not listed where the whole list proves it, without a witness', async () => {
    await holds(async (situation) => {
      const { run, findings, ended } = await apply(situation, completeNight({ provedBy: 'list' }));
      const expected = byId(unlistedOf(situation).map((artifact) => finding(artifact, 'absent', null)));
      expect(findings).toEqual(expected);
      expect(ended).toEqual(expected.map((row) => row.artifact_id));
      expect(run.figures).toMatchObject({ withdrawn: expected.length, unproved: 0 });
    });
  });

  it('ends nothing where the run is not complete, and keeps what its pages show all the same', async () => {
    await holds(async (situation) => {
      const { run, findings, ended } = await apply(situation, inexactNight(proofOf({ disorder: null })));
      const expected = unlistedOf(situation).map((artifact) => {
        const witness = witnessOf(artifact.createdAt, situation.reads);
        return finding(artifact, witness === null ? 'unproved' : 'absent', witness);
      });
      expect(findings).toEqual(byId(expected));
      expect(ended).toEqual([]);
      expect(run.figures).toMatchObject({ superseded: 0, withdrawn: 0, unproved: 5 });
    });
  });

  it('keeps no finding of a run whose pages are no witnesses, or that has no proof at all', async () => {
    await holds(async (situation) => {
      const proof = serial % 2 === 0 ? null : proofOf({ disorder: 'the server does not sort' });
      expect(await apply(situation, inexactNight(proof))).toMatchObject({ findings: [], ended: [] });
    });
  });
});
