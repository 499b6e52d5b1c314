import type { RunSummary } from '../../mirror/types.ts';
import type { JobOutcome } from '../../queue/await-jobs.ts';
import type { MirrorTarget } from '../../queue/targets.ts';
import { formatCount, formatDuration, stateStyle } from '../../terminal/format.ts';
import { type Column, renderTable, type TableOptions } from '../../terminal/table.ts';

interface Row {
  readonly job: MirrorTarget;
  readonly outcome: JobOutcome;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: 'organization', value: ({ job }) => job.organization },
  { header: 'kind', value: ({ job }) => job.kind },
  {
    header: 'run',
    value: ({ outcome }) => (outcome.status === 'closed' ? outcome.run.runId : null),
    align: 'right',
  },
  {
    header: 'state',
    value: ({ outcome }) => (outcome.status === 'closed' ? outcome.run.state : outcome.status),
    mayCut: false,
    style: ({ outcome }, colours) =>
      outcome.status === 'closed' ? stateStyle(outcome.run.state, colours) : colours.bad,
  },
  figure('listed', (run) => run.figures.listed),
  figure('added', (run) => run.figures.added),
  figure('changed', (run) => run.figures.changed),
  figure('counted', (run) => run.figures.counted),
  figure('ended', (run) => run.figures.superseded + run.figures.withdrawn),
  figure('restored', (run) => run.figures.restored),
  figure('letters', (run) => run.figures.letters),
  {
    header: 'took',
    value: ({ outcome }) => (outcome.status === 'closed' ? durationOf(outcome.run) : null),
    align: 'right',
  },
];

/** One line for each organization, and below it why a run is not certified. */
export function renderOutcomes(rows: readonly Row[], options: TableOptions): string {
  const reasons = rows.flatMap(({ job, outcome }) => {
    const reason =
      outcome.status === 'closed' ? outcome.run.error : outcome.status === 'failed' ? outcome.reason : null;
    return reason === null ? [] : [`\n${options.colours.strong(job.organization)}: ${firstLine(reason)}\n`];
  });
  return renderTable(rows, COLUMNS, options) + reasons.join('');
}

/** How long a run took, or null while it is not over. */
export function durationOf({ startedAt, finishedAt }: Pick<RunSummary, 'startedAt' | 'finishedAt'>): string | null {
  return finishedAt === null ? null : formatDuration(new Date(finishedAt).getTime() - new Date(startedAt).getTime());
}

function figure(header: string, value: (run: RunSummary) => number): Column<Row> {
  return {
    header,
    value: ({ outcome }) => (outcome.status === 'closed' ? formatCount(value(outcome.run)) : null),
    align: 'right',
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
