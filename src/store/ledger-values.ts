import { coverOf } from '../walk/cover.ts';
import type { ClaimedRun } from './claim-run.ts';
import type { Answer } from './enter-answers.ts';

/**
 * The first parameters of a statement that enters answers of a run: whose they are, and the columns of the ledger, each as
 * PostgreSQL takes it for an array.
 */
export function ledgerValues(run: ClaimedRun, answers: readonly Answer[]): readonly unknown[] {
  const covers = answers.map(({ summary }) => coverOf(summary));
  return [
    run.runId,
    run.fencingToken,
    answers.map(({ summary }) => summary.asked),
    answers.map(({ summary }) => summary.pass),
    answers.map(({ summary }) => summary.page),
    answers.map(({ summary }) => summary.limit),
    answers.map(({ answer }) => answer.arrivedAt),
    covers.map((cover) => cover !== null),
    covers.map((cover) => cover?.after ?? null),
    covers.map((cover) => cover?.before ?? null),
    answers.map(({ summary }) => JSON.stringify(summary)),
  ];
}
