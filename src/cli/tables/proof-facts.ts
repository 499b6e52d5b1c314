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

/** What of a run its proof is told from. */
interface ProvedRun {
  readonly proof: Proof | null;
  readonly figures: Pick<RunRecord['figures'], 'unproved'>;
}

/**
 * How a run came to its verdict, in words and figures (design section 3): what proves it complete, whether the list moved,
 * what became of the seams between pages, what was read besides. Of a run that did not
 * read the list to its end, what it did not list.
 */
export function proofFacts({ proof, figures }: ProvedRun): readonly Fact[] {
  if (proof === null) return unlistedFacts(figures.unproved, 'nothing is ended by a run that did not read every page');
  return [
    ...(proof.by === null ? [] : [['proved by', PROVED_BY[proof.by]] as const]),
    ...(proof.by === 'one-read' ? [] : [['the list', howItMoved(proof)] as const]),
    ...orderFacts(proof),
    ...seamFacts(proof),
    ...extraReadFacts(proof),
    ...(proof.by === null ? unlistedFacts(proof.unlisted, whatIsProved(proof)) : []),
  ];
}

function howItMoved({ moved, totals: { least, most }, by }: Proof): string {
  const total = formatCount(most);
  if (!moved) {
    return by === null
      ? `kept its length: total was ${total} all the time`
      : `stood still: total was ${total} all the time, and as many artifacts were listed`;
  }
  return least === most
    ? `moved while it was read: as much went as came, so that total was ${total} all the time`
    : `moved while it was read: total was between ${formatCount(least)} and ${total}`;
}

/** The reason of a run that is not complete has mostly said it. */
function orderFacts({ disorder, reason }: Proof): readonly Fact[] {
  return disorder === null || reason?.includes(disorder) === true ? [] : [['its order', disorder]];
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
  const open =
    by === 'two-passes' ? 'that the two equal readings make good' : 'open: something may have slipped by there';
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

function extraReadFacts({ extraReads: { absences, seams, tail } }: Proof): readonly Fact[] {
  const purposes: readonly (readonly [count: number, what: string])[] = [
    [absences, 'for the places of what was not listed'],
    [seams, 'at seams'],
    [tail, 'of the end of the list, for what arrived meanwhile'],
  ];
  const told = purposes.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return told.length === 0 ? [] : [['extra reads', told.join('; ')]];
}

/** Of a run that is not complete: those of a complete one are shown one by one. */
function unlistedFacts(unlisted: number, outcome: string): readonly Fact[] {
  if (unlisted === 0) return [];
  const what = `${countOf(unlisted, 'artifact')} that ${unlisted === 1 ? 'was' : 'were'} current before`;
  return [['not listed', `${what}; ${outcome}`]];
}

function whatIsProved({ unlisted, unproved, disorder }: Proof): string {
  if (disorder !== null) return 'in this order no page proves an absence';
  return `${formatCount(unlisted - unproved)} proved absent, ${formatCount(unproved)} not; nothing is ended`;
}
