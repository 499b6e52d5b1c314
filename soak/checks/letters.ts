import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES, type FailureClass } from '../../src/catalog/failure.ts';
import { countOf } from '../../src/terminal/format.ts';
import type { GivenAnswer, Ledger } from '../catalog/ledger.ts';
import { listingOf } from '../catalog/ledger.ts';
import { PAGE_SIZE } from '../catalog/soak-catalog.ts';
import { groupBy } from '../group-by.ts';
import type { FiledFailure, TrailedRun } from '../trail.ts';
import { type Check, some } from './check.ts';

/** Of their own making, or the database's: the catalog has no part in them. */
const NOT_OF_THE_CATALOG: ReadonlySet<FailureClass> = new Set([
  'database',
  'internal',
  'suspicious_removal',
  'invalid_record',
]);

/** What the catalog answered while each run was open. */
export function answersByRun(ledger: Ledger, runs: readonly TrailedRun[]): ReadonlyMap<number, readonly GivenAnswer[]> {
  const byListing = groupBy(runs, ({ listing }) => listing);
  const answers = new Map<number, GivenAnswer[]>(runs.map(({ id }) => [id, []]));
  for (const answer of ledger.answers) {
    const run = (byListing.get(answer.listing) ?? []).findLast(({ openedAt }) => openedAt <= answer.at);
    if (run === undefined || (run.closedAt !== null && run.closedAt < answer.at)) continue;
    answers.get(run.id)?.push(answer);
  }
  return answers;
}

/** Pages of a run that were asked for and answered with nothing but faults: nobody can have read them. */
export function unreadPages(answers: readonly GivenAnswer[]): ReadonlyMap<number, GivenAnswer> {
  const ofPages = answers.filter(({ limit }) => limit === PAGE_SIZE);
  const ends = ofPages.filter(({ fault, hasNext }) => fault === null && !hasNext).map(({ page }) => page);
  const end = Math.min(...ends);
  const unread = new Map<number, GivenAnswer>();
  for (const [page, given] of groupBy(ofPages, ({ page }) => page)) {
    const last = given.at(-1);
    if (last !== undefined && page <= end && given.every(({ fault }) => fault !== null)) unread.set(page, last);
  }
  return unread;
}

/**
 * Holds the letters against the catalog's own account: each run that left a page unread says so in its state and has a
 * letter of it, and each letter tells of a fault that was given.
 */
export function checkLettersAgainstFaults(
  runs: readonly TrailedRun[],
  answers: ReadonlyMap<number, readonly GivenAnswer[]>,
  filed: readonly FiledFailure[],
): Check {
  const problems: string[] = [];
  const filedBy = groupBy(filed, ({ runId }) => runId);
  let unreadInAll = 0;
  for (const run of runs) {
    if (run.state === 'running' || run.state === 'abandoned') continue;
    const given = answers.get(run.id) ?? [];
    const letters = filedBy.get(run.id) ?? [];
    const unread = unreadPages(given);
    unreadInAll += unread.size;
    const subject = `run ${run.id} of ${run.listing} (${run.state})`;
    if (run.state !== 'partial' && run.state !== 'failed') {
      for (const [page, { fault }] of unread) problems.push(`${subject} never read page ${page}, which got ${fault}`);
      continue;
    }
    const told = letters.filter(({ level }) => level !== 'record');
    if (told.length === 0) problems.push(`${subject} filed no letter`);
    const wasToldAsOne = told.some(({ level }) => level === 'organization');
    for (const [page, { fault }] of unread) {
      if (wasToldAsOne || told.some((letter) => letter.page === page)) continue;
      problems.push(`${subject} gave up page ${page}, which got ${fault}, and filed no letter of it`);
    }
    for (const { errorClass, page } of told) {
      if (NOT_OF_THE_CATALOG.has(errorClass) || given.some(({ fault }) => fault === errorClass)) continue;
      problems.push(`${subject} filed ${errorClass} of page ${page ?? '–'}, which the catalog never gave it`);
    }
  }
  return {
    claim: 'what was given up has a letter, and every letter tells of a fault that was given',
    lookedAt: `${countOf(unreadInAll, 'page')} given up, ${countOf(filed.length, 'failure')} filed`,
    problems: some(problems),
  };
}

const letterSchema = z.object({
  id: z.coerce.number(),
  errorClass: z.enum(FAILURE_CLASSES),
  organization: z.string(),
  kind: z.string(),
  state: z.enum(['open', 'resolved', 'discarded']),
  runId: z.coerce.number(),
  resolvedBy: z.coerce.number().nullable(),
  occurrences: z.number(),
});

export type Letter = z.infer<typeof letterSchema>;

export async function readLetters(pool: pg.Pool): Promise<readonly Letter[]> {
  const { rows } = await pool.query(`
    SELECT id, error_class AS "errorClass", organization, kind, state, run_id AS "runId",
           resolved_by_run_id AS "resolvedBy", occurrences
    FROM mirror.dead_letters ORDER BY id`);
  return rows.map((row) => letterSchema.parse(row));
}

/** Letters are as many as were filed, each open or resolved by a certified run that came later. */
export function checkLetterBooks(
  runs: readonly TrailedRun[],
  filed: readonly FiledFailure[],
  letters: readonly Letter[],
): Check {
  const problems: string[] = [];
  const filedByRuns = runs.reduce((sum, { letters }) => sum + letters, 0);
  const occurrences = letters.reduce((sum, letter) => sum + letter.occurrences, 0);
  if (filedByRuns !== filed.length || occurrences !== filed.length) {
    problems.push(`runs count ${filedByRuns} failures, letters ${occurrences}, and ${filed.length} were filed`);
  }
  const byId = new Map(runs.map((run) => [run.id, run]));
  const lastOf = new Map(runs.map((run) => [run.listing, run]));
  for (const letter of letters) {
    const subject = `letter ${letter.id} (${letter.errorClass} of ${letter.organization})`;
    if (letter.state === 'open') {
      const last = lastOf.get(listingOf(letter.organization, letter.kind));
      if (last?.state === 'certified' && last.id !== letter.runId) {
        problems.push(`${subject} is open, though run ${last.id} is certified and did not meet it`);
      }
      continue;
    }
    const by = letter.resolvedBy === null ? undefined : byId.get(letter.resolvedBy);
    if (by?.state !== 'certified' || by.id <= letter.runId) {
      problems.push(`${subject} is ${letter.state} by run ${letter.resolvedBy}, which is not a later certified one`);
    }
  }
  return {
    claim: 'every failure that was filed is in a letter, which is open or resolved by a later certified run',
    lookedAt: `${countOf(letters.length, 'letter')}, ${countOf(occurrences, 'occurrence')}`,
    problems: some(problems),
  };
}
