import { certify, isProvedByOneRead, type Pass, type Verdict } from './certify.ts';
import type { PageSummary, ReadPurpose } from './page-summary.ts';
import type { WalkOptions, WalkPorts } from './ports.ts';
import type { Proof } from './proof.ts';
import { readPass } from './read-pass.ts';
import type { PageFailure } from './reading.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { rememberCounts } from './remembered-counts.ts';
import { type Findings, gatherWitnesses } from './witnesses.ts';

export type WalkResult =
  | {
      readonly status: 'read';
      readonly passes: readonly Pass[];
      readonly unlisted: number;
      readonly verdict: Verdict;
      readonly proof: Proof;
    }
  /** Some pages were given up; the others are staged. `passes` counts those begun, `staged` the answers of all of them. */
  | {
      readonly status: 'broken';
      readonly passes: number;
      readonly staged: number;
      readonly unlisted: number;
      readonly failures: readonly PageFailure[];
    };

/**
 * Walks a listing to a verdict: reads every page, then what one reading leaves open, and the whole list again where only
 * that can prove it, at most `maxPasses` times (design section 3).
 *
 * @throws whatever the ports reject with that is no failure of a page, and the signal's reason
 */
export async function walk(world: WalkPorts, options: WalkOptions): Promise<WalkResult> {
  const recorder = createRecorder(world, options);
  const ports = rememberCounts(world, recorder);
  const passes: Pass[] = [];
  const broken = async (failures: readonly PageFailure[], begun: number): Promise<WalkResult> => {
    const staged = recorder.reads().length;
    return { status: 'broken', passes: begun, staged, unlisted: staged === 0 ? 0 : await ports.unlisted(), failures };
  };
  for (let pass = 1; ; pass++) {
    const reading = await readPass(pass, ports, recorder, options);
    if (reading.failures.length > 0) return broken(reading.failures, pass);
    passes.push({ pages: reading.pages, distinctIds: await ports.distinctIds(pass) });
    const findings = await findingsOf(passes, ports, recorder, options);
    const verdict = certify(passes, findings);
    const isOver = verdict.complete || pass >= options.maxPasses || !verdict.mayBeProvedByReadingAgain;
    if (!isOver) continue;
    // Another reading may prove what an extra read could not; where it does not, the failure is the page's own.
    if (!verdict.complete && findings.failure !== null) return broken([findings.failure], pass);
    const proof = proofOf(verdict, findings, recorder.reads());
    return { status: 'read', passes, unlisted: findings.unlisted, verdict, proof };
  }
}

/** One read that proves the whole list leaves nothing to look for. */
async function findingsOf(
  passes: readonly Pass[],
  ports: WalkPorts,
  recorder: Recorder,
  options: WalkOptions,
): Promise<Findings> {
  const pass = passes.at(-1);
  const unlisted = await ports.unlisted();
  if (pass === undefined || !isProvedByOneRead(pass, unlisted)) {
    return gatherWitnesses(ports, recorder, pass?.pages ?? [], options);
  }
  return {
    disorder: null,
    moved: false,
    distinctIds: pass.distinctIds,
    unlisted,
    unproved: 0,
    unprovedPlaces: [],
    seams: { count: 0, fromTheRight: 0, readAgain: 0, covered: 0, open: 0 },
    tailIsKnown: true,
    givenUp: new Set(),
    failure: null,
  };
}

function proofOf(verdict: Verdict, findings: Findings, reads: readonly PageSummary[]): Proof {
  const totals = reads.map(({ total }) => total);
  const extra = (purpose: ReadPurpose): number => reads.filter((read) => read.purpose === purpose).length;
  return {
    by: verdict.complete ? verdict.by : null,
    reason: verdict.complete ? null : verdict.reason,
    advice: verdict.complete ? null : verdict.advice,
    totals: {
      least: totals.reduce((least, total) => Math.min(least, total), totals[0] ?? 0),
      most: totals.reduce((most, total) => Math.max(most, total), 0),
    },
    moved: findings.moved,
    disorder: findings.disorder,
    seams: findings.seams,
    extraReads: { absences: extra('absences'), seams: extra('seams'), tail: extra('tail') },
    unlisted: findings.unlisted,
    unproved: verdict.complete ? 0 : findings.unproved,
    unprovedPlaces: verdict.complete ? [] : findings.unprovedPlaces,
  };
}
