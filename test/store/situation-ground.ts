import type pg from 'pg';
import { type ClaimedRun, claimRun } from '../../src/store/claim-run.ts';
import type { Scope } from '../../src/store/scope.ts';
import { digestOf, identity, pageOf, START, stagePage } from './ground.ts';
import type { Known, Situation } from './reads-model.ts';

export interface Ground {
  readonly run: ClaimedRun;
  readonly scope: Scope;
}

/** Brings a situation into the database: a claimed run with its reads staged, and what the mirror knew before it. */
export async function situationGround(client: pg.PoolClient, situation: Situation): Promise<Ground> {
  const { organization, includePublic, reads, known } = situation;
  const scope = identity({ organization, includePublic });
  await insertKnown(client, known);
  const claim = await claimRun(client, scope, { trigger: 'manual', startedAt: START, resumeMinutes: 60 });
  if (claim.status !== 'claimed') throw new Error('another worker is at it');
  for (const { summary, items, arrivedAt } of reads) {
    const { answer } = pageOf(items, { ...summary, arrivedAt });
    await stagePage(client, claim.run, summary, answer);
  }
  return { run: claim.run, scope };
}

async function insertKnown(client: pg.PoolClient, known: readonly Known[]): Promise<void> {
  for (const { id, createdAt, owner, mirroredBy, ended, record } of known) {
    await client.query(
      `INSERT INTO mirror.artifacts (id, kind, name, owner, mirrored_by, version, framework, is_public, created_at,
                                     first_seen_at, changed_at, first_run_id, ended_at, ending, digest,
                                     download_count)
       VALUES ($1, 'models', $2, $3, $4, '1.0.0', 'pytorch', true, $5, $6, $6, 0, $7, $8, $9, $10)`,
      [
        id,
        `${owner}/${id}`,
        owner,
        mirroredBy,
        createdAt,
        START,
        ended ? START : null,
        ended ? 'withdrawn' : null,
        record === null ? null : digestOf(record),
        record?.downloadCount ?? null,
      ],
    );
  }
}
