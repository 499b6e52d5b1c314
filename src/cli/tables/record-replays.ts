import { isLetterClosed, type RecordReplay } from '../../letters/record-replay.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { renderFacts } from './facts.ts';

/** What became of the letters of single records, a line or two for each. */
export function renderRecordReplays(records: readonly RecordReplay[], options: TableOptions): string {
  return renderFacts(
    records.map((record) => [
      `letter ${record.letterId}`,
      describeReplay(record),
      isLetterClosed(record) ? options.colours.good : options.colours.warning,
    ]),
    options,
  );
}

/** In a sentence: what became of it, and why. */
export function describeReplay({ outcome, runId, detail }: RecordReplay): string {
  switch (outcome) {
    case 'applied':
      return `resolved: its text is good now, and run ${runId} applied it`;
    case 'overtaken':
      return `resolved: run ${runId} has read the artifact since, or proved it absent`;
    case 'bad':
      return `stays open: its text is still bad: ${detail}`;
    case 'cut':
      return 'stays open: its text was cut at 1 MiB, and cannot be checked';
    case 'redacted':
      return 'stays open: something in its text was replaced as a secret, and cannot be checked';
    case 'unsure':
      return `stays open: run ${runId}, which is not complete, may have read it since; mirror the listing again`;
    case 'closed':
      return 'was closed already';
  }
}
