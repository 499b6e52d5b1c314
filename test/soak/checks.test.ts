import { describe, expect, it } from 'vitest';
import { type GivenAnswer, Ledger } from '../../soak/catalog/ledger.ts';
import { PAGE_SIZE } from '../../soak/catalog/soak-catalog.ts';
import {
  answersByRun,
  checkLetterBooks,
  checkLettersAgainstFaults,
  type Letter,
  unreadPages,
} from '../../soak/checks/letters.ts';
import { checkOverlaps } from '../../soak/checks/runs.ts';
import type { FiledFailure, TrailedRun } from '../../soak/trail.ts';

const ACME = 'models/acme';

function run(id: number, fields: Partial<TrailedRun> = {}): TrailedRun {
  return {
    id,
    listing: ACME,
    startedAt: id * 100,
    openedAt: id * 100,
    closedAt: id * 100 + 50,
    state: 'certified',
    takenUp: 0,
    letters: 0,
    ...fields,
  };
}

function answer(at: number, fields: Partial<GivenAnswer> = {}): GivenAnswer {
  return { at, listing: ACME, page: 1, limit: PAGE_SIZE, fault: null, hasNext: true, ...fields };
}

function filed(runId: number, fields: Partial<FiledFailure> = {}): FiledFailure {
  return { letterId: 1, runId, listing: ACME, errorClass: 'forbidden', level: 'page', page: 2, ...fields };
}

function letter(fields: Partial<Letter> = {}): Letter {
  return {
    id: 1,
    errorClass: 'forbidden',
    organization: 'acme',
    kind: 'models',
    state: 'open',
    runId: 1,
    resolvedBy: null,
    occurrences: 1,
    ...fields,
  };
}

describe('the check of runs that overlap', () => {
  it('is content with one run after the other, and with two listings side by side', () => {
    const elsewhere = run(3, { listing: 'models/globex', openedAt: 210 });
    expect(checkOverlaps([run(1), run(2), elsewhere]).problems).toEqual([]);
  });

  it.each([
    ['that was closed too late', run(1, { closedAt: 201 })],
    ['that was never closed', run(1, { closedAt: null, state: 'running' })],
  ])('finds a run %s', (_, first) => {
    expect(checkOverlaps([first, run(2)]).problems).toEqual([
      'run 2 of models/acme was opened before run 1 was closed',
    ]);
  });
});

describe('the account of what a run gave up', () => {
  const fault = { fault: 'forbidden', hasNext: false } as const;

  it('has the pages that got nothing but faults, as long as the list goes on', () => {
    const answers = [
      answer(1),
      answer(2, { page: 2, ...fault }),
      answer(3, { page: 3, ...fault }),
      answer(4, { page: 3 }),
      answer(5, { page: 4, hasNext: false }),
      answer(6, { page: 5, ...fault }),
    ];
    expect([...unreadPages(answers).keys()]).toEqual([2]);
  });

  it('gives each answer to the run that was open', () => {
    const ledger = new Ledger();
    for (const at of [99, 100, 149, 151, 200]) ledger.answered(answer(at));
    const byRun = answersByRun(ledger, [run(1), run(2)]);
    expect([...byRun].map(([id, answers]) => [id, answers.map(({ at }) => at)])).toEqual([
      [1, [100, 149]],
      [2, [200]],
    ]);
  });

  const given = new Map([[1, [answer(101), answer(102, { page: 2, ...fault })]]]);

  it('agrees with the letter of a page', () => {
    const check = checkLettersAgainstFaults([run(1, { state: 'partial' })], given, [filed(1)]);
    expect(check.problems).toEqual([]);
  });

  it.each([
    ['a certified run with a page unread', run(1), [], 'never read page 2, which got forbidden'],
    ['a run without a letter', run(1, { state: 'partial' }), [], 'filed no letter'],
    [
      'a letter of another page alone',
      run(1, { state: 'partial' }),
      [filed(1, { page: 3 })],
      'gave up page 2, which got forbidden, and filed no letter of it',
    ],
    [
      'a letter of a fault that was not given',
      run(1, { state: 'failed' }),
      [filed(1, { level: 'organization', errorClass: 'timeout', page: null })],
      'filed timeout of page –, which the catalog never gave it',
    ],
  ])('finds %s', (_, one, letters, problem) => {
    const { problems } = checkLettersAgainstFaults([one], given, letters);
    expect(problems.some((found) => found.includes(problem))).toBe(true);
  });
});

describe('the books of the letters', () => {
  const lost = run(1, { state: 'partial', letters: 1 });

  it('balance where a later certified run resolved the letter', () => {
    const resolved = letter({ state: 'resolved', resolvedBy: 2 });
    expect(checkLetterBooks([lost, run(2)], [filed(1)], [resolved]).problems).toEqual([]);
  });

  it.each([
    ['a failure that no letter has', [], 'runs count 1 failures, letters 0, and 1 were filed'],
    ['a letter that is still open after a certified run', [letter()], 'is open, though run 2 is certified'],
    [
      'a letter that was resolved by its own run',
      [letter({ state: 'resolved', resolvedBy: 1 })],
      'is resolved by run 1, which is not a later certified one',
    ],
  ])('find %s', (_, letters, problem) => {
    const { problems } = checkLetterBooks([lost, run(2)], [filed(1)], letters);
    expect(problems.some((found) => found.includes(problem))).toBe(true);
  });
});
