import { coverOf } from '../walk/cover.ts';
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
