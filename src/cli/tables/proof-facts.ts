import type { RunRecord } from '../../store/read-runs.ts';
import { countOf, formatCount } from '../../terminal/format.ts';
import type { Proof, ProvedBy } from '../../walk/proof.ts';
import type { Fact } from './facts.ts';

/** What each proof says to somebody who never heard of it. */
const PROVED_BY: Readonly<Record<ProvedBy, string>> = {
  'one-read': 'one read: the list fits on one page, and that answer is all of it',
  'one-pass': 'one pass: all that was current before is listed, so there is no absence to prove',
  witnesses: 'witnesses: for each artifact that is not listed there is a page that would show it, and does not',
  'two-passes':
    'two passes: two readings one after the other gave the same artifacts in the same order, none of them twice, and as ' +
    'many as total says',
};

/**
 * How a run came to its verdict, in words and figures (design section 3): what proves it complete, whether the list moved,
 * what became of the seams between pages, what was read besides. Empty for a run that did not read the list to its end.
 */
export function proofFacts({ proof, figures }: RunRecord): readonly Fact[] {
  if (proof === null) return [];
  return [
    ...(proof.by === null ? [] : [['proved by', PROVED_BY[proof.by]] as const]),
    ...(proof.by === 'one-read' ? [] : [['the list', howItMoved(proof)] as const]),
    ...(proof.disorder === null ? [] : [['its order', proof.disorder] as const]),
    ...seamFacts(proof),
    ...extraReadFacts(proof, figures.extraReads),
    ...unlistedFacts(proof),
  ];
}

function howItMoved({ moved, totals: { least, most }, by }: Proof): string {
  if (!moved) {
    const agrees = by === null ? '' : ', and as many artifacts were listed';
    return `stood still: total was ${formatCount(most)} all the time${agrees}`;
  }
  return least === most
    ? `moved while it was read: as much went as came, so that total was ${formatCount(most)} all the time`
    : `moved while it was read: total was between ${formatCount(least)} and ${formatCount(most)}`;
}

/** Where the server does not sort, or two equal readings of a list that stood still are the proof, seams say nothing. */
function seamFacts({ seams, moved, by, disorder }: Proof): readonly Fact[] {
  if (seams.count === 0 || disorder !== null) return [];
  if (!moved) {
    const isSound = by === 'one-pass' || by === 'witnesses';
    return isSound
      ? [['seams', `${formatCount(seams.count)} between pages; nothing slipped over one, as the list stood still`]]
      : [];
  }
  const open = by === 'two-passes' ? 'that the two equal readings make good' : 'open: nothing may be ended';
  const lines: readonly (readonly [count: number, what: string])[] = [
    [seams.fromTheRight, 'read from the right: sound, whatever was removed meanwhile'],
    [seams.readAgain, 'whose left page was read again behind the right one: sound'],
    [seams.covered, 'that a page covers: sound'],
    [seams.open, open],
  ];
  return [
    ['seams', `${formatCount(seams.count)} between pages, where an item can slip by unread while the list moves:`],
    ...lines.filter(([count]) => count > 0).map(([count, what]) => ['', `${formatCount(count)} ${what}`] as const),
  ];
}

/** @param all the run's figure: that of its earlier readings and attempts included */
function extraReadFacts({ extraReads: { absences, seams, tail } }: Proof, all: number): readonly Fact[] {
  if (all === 0) return [];
  const purposes: readonly (readonly [count: number, what: string])[] = [
    [absences, 'for the places of what was not listed'],
    [seams, 'at seams'],
    [tail, 'of the end of the list, for what arrived meanwhile'],
    [all - absences - seams - tail, 'in an earlier reading or attempt'],
  ];
  const told = purposes.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return [['extra reads', told.join('; ')]];
}

/** Those of a complete run are proved absent, and shown one by one. */
function unlistedFacts({ unlisted, unproved, disorder, by }: Proof): readonly Fact[] {
  if (unlisted === 0 || by !== null) return [];
  const what = `${countOf(unlisted, 'artifact')} that ${unlisted === 1 ? 'was' : 'were'} current before`;
  if (disorder !== null) return [['not listed', `${what}; no page can prove anything of them`]];
  const absent = unlisted - unproved;
  return [
    [
      'not listed',
      `${what}: ${formatCount(absent)} proved absent, ${formatCount(unproved)} not; none of them is ended`,
    ],
  ];
}
