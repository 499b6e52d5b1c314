import { describe, expect, it } from 'vitest';
import { brokenDemands } from '../../bench/organizations/checks.ts';
import type { Fire } from '../../bench/organizations/fire.ts';

const DEMANDS = { organizations: 100, artifacts: 20, rssMb: 300 };

const GOOD: Fire = {
  readyMs: 1_000,
  firstRunMs: 50,
  wholeMs: 10_000,
  runs: 100,
  certified: 100,
  twice: 0,
  artifacts: 2_000,
  requests: 100,
  shares: [25, 75],
  peakRssMb: [120, 300],
  peakConnections: 20,
  remarks: [],
};

describe('what a fire of many organizations is held to', () => {
  it('is kept at its very bounds, and where memory is not told', () => {
    expect(brokenDemands(GOOD, DEMANDS)).toEqual([]);
    expect(brokenDemands({ ...GOOD, peakRssMb: [null, null] }, DEMANDS)).toEqual([]);
  });

  it.each([
    ['one is not certified', { certified: 99 }, '99 of 100 organizations are certified.'],
    ['one is run twice', { runs: 101, twice: 1, shares: [26, 75] }, '101 runs for 100 organizations: 1 too many.'],
    ['artifacts are missing', { artifacts: 1_999 }, '1,999 artifacts are mirrored of 2,000.'],
    ['a run is nobody’s', { shares: [49, 50] }, 'The workers closed 99 runs of 100.'],
    ['a worker has too little', { shares: [24, 76] }, 'Worker 1 closed 24 runs, less than half its share.'],
    ['a worker holds too much', { peakRssMb: [120, 301] }, 'Worker 2 held 301 MB, more than 300.'],
  ])('is broken where %s', (_, change, sentence) => {
    expect(brokenDemands({ ...GOOD, ...change }, DEMANDS)).toEqual([sentence]);
  });
});
