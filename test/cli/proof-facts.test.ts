import { describe, expect, it } from 'vitest';
import { proofFacts } from '../../src/cli/tables/proof-facts.ts';
import type { Proof } from '../../src/walk/proof.ts';

const QUIET: Proof = {
  by: 'one-pass',
  reason: null,
  advice: null,
  totals: { least: 1_200, most: 1_200 },
  moved: false,
  disorder: null,
  seams: { count: 59, fromTheRight: 20, readAgain: 0, covered: 39, open: 0 },
  extraReads: { absences: 0, seams: 0, tail: 0 },
  unlisted: 0,
  unproved: 0,
  unprovedPlaces: [],
};
const MOVED: Partial<Proof> = { moved: true, totals: { least: 1_198, most: 1_203 } };
const FAILED: Partial<Proof> = { by: null, reason: 'it moved', advice: 'Wait.' };

function told(changes: Partial<Proof> | null, figures = { unproved: 0 }): string[] {
  const proof = changes === null ? null : { ...QUIET, ...changes };
  return proofFacts({ proof, figures }).map(([label, text]) => `${label}: ${text}`);
}
const seams = (changes: Partial<Proof['seams']>): Partial<Proof> => ({
  seams: { count: 59, fromTheRight: 0, readAgain: 0, covered: 0, open: 0, ...changes },
});

describe('what proofFacts tells of the list', () => {
  it('stood still, for a run that proved it', () => {
    expect(told({})).toContain(
      'the list: stood still: total was 1,200 all the time, and as many artifacts were listed',
    );
  });

  it('claims no more than its length where the run proved nothing', () => {
    expect(told(FAILED)).toContain('the list: kept its length: total was 1,200 all the time');
  });

  it('moved, with the least and the most of total', () => {
    expect(told(MOVED)).toContain('the list: moved while it was read: total was between 1,198 and 1,203');
  });

  it('moved although total did not, where as much went as came', () => {
    expect(told({ moved: true })).toContain(
      'the list: moved while it was read: as much went as came, so that total was 1,200 all the time',
    );
  });
});

describe('what proofFacts tells of the seams', () => {
  const begin = 'seams: 59 between pages, where an item can slip by unread while the list moves:';
  const linesOf = (changes: Partial<Proof>): string[] => {
    const lines = told(changes);
    const from = lines.findIndex((line) => line.startsWith('seams: '));
    return from === -1 ? [] : lines.slice(from).filter((line, index) => index === 0 || line.startsWith(': '));
  };

  it('one line, where the list stood still', () => {
    expect(linesOf({})).toEqual(['seams: 59 between pages; nothing slipped over one, as the list stood still']);
  });

  it('how each is sound, where the list moved, without the ways that none of them is', () => {
    expect(linesOf({ ...MOVED, ...seams({ fromTheRight: 40, readAgain: 15, covered: 4 }) })).toEqual([
      begin,
      ': 40 read from the right: sound, whatever was removed meanwhile',
      ': 15 whose left page was read again behind the right one: sound',
      ': 4 that a page covers: sound',
    ]);
    expect(linesOf({ ...MOVED, ...seams({ fromTheRight: 59 }) })).toHaveLength(2);
  });

  it('which are open, where that is why nothing is proved', () => {
    expect(linesOf({ ...MOVED, ...FAILED, ...seams({ fromTheRight: 57, open: 2 }) })).toEqual([
      begin,
      ': 57 read from the right: sound, whatever was removed meanwhile',
      ': 2 open: something may have slipped by there',
    ]);
  });

  it('which are open, where two equal readings prove the list all the same', () => {
    const lines = linesOf({ ...MOVED, by: 'two-passes', ...seams({ fromTheRight: 57, open: 2 }) });
    expect(lines).toContain(': 2 that the two equal readings make good');
  });

  it.each([
    ['there is only one page', { by: 'one-read', ...seams({ count: 0 }) }],
    ['two equal readings of a list that stood still prove it', { by: 'two-passes' }],
    ['the server does not sort', { ...MOVED, by: 'two-passes', disorder: 'page 3 is out of order' }],
    ['the run is not complete, though the list kept its length', FAILED],
  ] satisfies [string, Partial<Proof>][])('nothing, where %s', (_, changes) => {
    expect(linesOf(changes)).toEqual([]);
  });
});

describe('what proofFacts tells besides', () => {
  it('extra reads by purpose', () => {
    expect(told({ extraReads: { absences: 3, seams: 2, tail: 1 } })).toContain(
      'extra reads: 3 for the places of what was not listed; 2 at seams; 1 of the end of the list, for what arrived ' +
        'meanwhile',
    );
  });

  it('that the server does not sort, but not twice where the reason says so', () => {
    const disorder = 'page 3 is out of order';
    expect(told({ disorder, by: 'two-passes' })).toContain(`its order: ${disorder}`);
    expect(told({ ...FAILED, disorder })).toContain(`its order: ${disorder}`);
    expect(told({ ...FAILED, disorder, reason: `nothing: ${disorder}` })).not.toContain(`its order: ${disorder}`);
  });

  it('of a run that did not read every page only what it did not list', () => {
    expect(told(null)).toEqual([]);
    expect(told(null, { unproved: 1 })).toEqual([
      'not listed: 1 artifact that was current before; nothing is ended by a run that did not read every page',
    ]);
  });
});
