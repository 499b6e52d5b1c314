import type pg from 'pg';
import type { PageItem } from '../../src/catalog/page.ts';
import { applyNight, type Night, type Removal } from '../../src/store/apply/apply-night.ts';
import type { ApplyContext } from '../../src/store/apply/context.ts';
import type { NewLetter } from '../../src/store/apply/file-letters.ts';
import { type ClaimedRun, claimRun, type RunIdentity } from '../../src/store/claim-run.ts';
import { type RunRecord, readRun } from '../../src/store/read-runs.ts';
import type { Proof } from '../../src/walk/proof.ts';
import { type AnswerPlace, applyContext, identity, pageOf, START, stagePage } from './ground.ts';

export const WALK = { passes: 1, requests: 1, retries: 0 };

/** A proof with a figure of its own in every place, so that none can be taken for another. */
export function proofOf(changes: Partial<Proof> = {}): Proof {
  return {
    by: null,
    reason: 'the list would not stand still',
    advice: 'run it again',
    totals: { least: 1, most: 2 },
    moved: true,
    disorder: null,
    seams: { count: 3, fromTheRight: 4, readAgain: 12, covered: 5, open: 6 },
    extraReads: { absences: 7, seams: 8, tail: 9 },
    unlisted: 10,
    unproved: 11,
    unprovedPlaces: [],
    ...changes,
  };
}

type CompleteNight = Extract<Night, { complete: true }>;

export function completeNight(changes: Partial<Omit<CompleteNight, 'complete'>> = {}): CompleteNight {
  return { complete: true, proof: null, provedBy: 'witnesses', isHeld: () => false, heldLetter, ...changes };
}

export function inexactNight(proof: Proof | null): Night {
  return {
    complete: false,
    proof,
    end: { state: 'inexact', error: 'the list would not stand still', errorClass: null },
    unproved: 5,
    letters: [],
  };
}

export function heldLetter(removal: Removal, absentIds: readonly string[]): NewLetter {
  return {
    errorClass: 'suspicious_removal',
    errorType: null,
    level: 'organization',
    page: null,
    status: null,
    detail: `${removal.withdrawn} of ${removal.currentBefore}`,
    payload: JSON.stringify({ absent: absentIds }),
    attempts: 1,
  };
}

/** What one night reads: pages of items, each with what the test wants otherwise. */
export type Reads = readonly (readonly [items: readonly PageItem[], place?: AnswerPlace])[];

/** Claims a run and stages what it read; it stays open. */
export async function openNight(
  client: pg.PoolClient,
  reads: Reads,
  changes: Partial<RunIdentity> = {},
): Promise<ClaimedRun> {
  const claim = await claimRun(client, identity(changes), { trigger: 'manual', startedAt: START, resumeMinutes: 60 });
  if (claim.status !== 'claimed') throw new Error('another worker is at it');
  for (const [items, place] of reads) {
    const { summary, answer } = pageOf(items, place);
    if (!(await stagePage(client, claim.run, summary, answer))) throw new Error('the run was lost');
  }
  return claim.run;
}

/** Applies what a run staged, and says how it was closed. */
export async function closeNight(
  client: pg.PoolClient,
  run: ClaimedRun,
  night: Night,
  changes: Partial<ApplyContext> = {},
): Promise<RunRecord> {
  if (!(await applyNight(client, run, applyContext(run.runId, changes), night, WALK))) throw new Error('it was lost');
  const closed = await readRun(client, run.runId);
  if (closed === null) throw new Error(`run ${run.runId} is gone`);
  return closed;
}
