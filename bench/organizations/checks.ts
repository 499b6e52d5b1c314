import { countOf, formatCount } from '../../src/terminal/format.ts';
import type { Fire } from './fire.ts';

/** What a fire is held to. */
export interface Demands {
  readonly organizations: number;
  /** Artifacts of each. */
  readonly artifacts: number;
  /** The most memory of one worker, in MB. */
  readonly rssMb: number;
}

/** A worker has its share where it closed as many runs as each would if all were equal; it must have half of that. */
const LEAST_OF_SHARE = 0.5;

/** What a fire did not keep, a sentence each; empty where it kept all. */
export function brokenDemands(fire: Fire, demands: Demands): readonly string[] {
  const { organizations, artifacts, rssMb } = demands;
  const broken: string[] = [];
  if (fire.certified !== organizations) {
    broken.push(`${formatCount(fire.certified)} of ${countOf(organizations, 'organization')} are certified.`);
  }
  if (fire.runs !== organizations || fire.twice > 0) {
    broken.push(`${countOf(fire.runs, 'run')} for ${countOf(organizations, 'organization')}: ${fire.twice} too many.`);
  }
  if (fire.artifacts !== organizations * artifacts) {
    broken.push(`${countOf(fire.artifacts, 'artifact')} are mirrored of ${formatCount(organizations * artifacts)}.`);
  }
  const closed = fire.shares.reduce((sum, runs) => sum + runs, 0);
  if (closed !== fire.runs) broken.push(`The workers closed ${countOf(closed, 'run')} of ${formatCount(fire.runs)}.`);
  const least = (LEAST_OF_SHARE * fire.runs) / fire.shares.length;
  for (const [at, runs] of fire.shares.entries()) {
    if (runs < least) broken.push(`Worker ${at + 1} closed ${countOf(runs, 'run')}, less than half its share.`);
  }
  for (const [at, peak] of fire.peakRssMb.entries()) {
    if (peak !== null && peak > rssMb) {
      broken.push(`Worker ${at + 1} held ${formatCount(Math.round(peak))} MB, more than ${formatCount(rssMb)}.`);
    }
  }
  return broken;
}
