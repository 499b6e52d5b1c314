import { coverOf } from '../walk/cover.ts';
import type { ClaimedRun } from './claim-run.ts';
import type { Answer } from './enter-answers.ts';

/** What the ledger keeps of some answers, a column each, as PostgreSQL takes it for an array. */
export function ledgerColumns(answers: readonly Answer[]) {
  const covers = answers.map(({ summary }) => coverOf(summary));
  return {
    asked: answers.map(({ summary }) => summary.asked),
    pass: answers.map(({ summary }) => summary.pass),
    page: answers.map(({ summary }) => summary.page),
    limit: answers.map(({ summary }) => summary.limit),
    items: answers.map(({ summary }) => summary.items),
    arrivedAt: answers.map(({ answer }) => answer.arrivedAt),
    isCover: covers.map((cover) => cover !== null),
    coversAfter: covers.map((cover) => cover?.after ?? null),
    coversBefore: covers.map((cover) => cover?.before ?? null),
    summary: answers.map(({ summary }) => JSON.stringify(summary)),
  };
}

/** The first parameters of a statement that enters answers of a run: whose they are, and the columns of the ledger. */
export function ledgerValues(run: ClaimedRun, answers: readonly Answer[]): readonly unknown[] {
  const ledger = ledgerColumns(answers);
  return [
    run.runId,
    run.fencingToken,
    ledger.asked,
    ledger.pass,
    ledger.page,
    ledger.limit,
    ledger.arrivedAt,
    ledger.isCover,
    ledger.coversAfter,
    ledger.coversBefore,
    ledger.summary,
  ];
}
