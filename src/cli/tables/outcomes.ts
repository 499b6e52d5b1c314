import type { RunSummary } from '../../mirror/types.ts';
import type { JobOutcome } from '../../queue/await-jobs.ts';
import type { MirrorTarget } from '../../queue/targets.ts';
import { formatCount, formatDuration, stateStyle } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { wrapToWidth } from '../../terminal/width.ts';
import { type RowColumn, renderRows } from './rows.ts';

interface Row {
  readonly job: MirrorTarget;
  readonly outcome: JobOutcome;
}

const COLUMNS: readonly RowColumn<Row>[] = [
  { header: 'organization', value: ({ job }) => job.organization },
  { header: 'kind', value: ({ job }) => job.kind, idle: 'models' },
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
  { ...figure('changed', (run) => run.figures.changed), idle: '0' },
  figure('counted', (run) => run.figures.counted),
  { ...figure('ended', (run) => run.figures.superseded + run.figures.withdrawn), idle: '0' },
  { ...figure('restored', (run) => run.figures.restored), idle: '0' },
  { ...figure('letters', (run) => run.figures.letters), idle: '0' },
  {
    header: 'took',
    value: ({ outcome }) => (outcome.status === 'closed' ? durationOf(outcome.run) : null),
    align: 'right',
  },
];

const INDENT = '  ';

/** One line for each organization, and below it why a run is not certified. */
export function renderOutcomes(rows: readonly Row[], options: TableOptions): string {
  const reasons = rows.flatMap(({ job, outcome }) => {
    const reason =
      outcome.status === 'closed' ? outcome.run.error : outcome.status === 'failed' ? outcome.reason : null;
    if (reason === null) return [];
    const name = visible(job.organization);
    const [first = '', ...further] = wrapToWidth(
      `${name}: ${visible(firstLine(reason))}`,
      options.width - INDENT.length,
    );
    const lines = [first.replace(name, options.colours.strong(name)), ...further.map((line) => `${INDENT}${line}`)];
    return [`\n${lines.join('\n')}\n`];
  });
  return renderRows(rows, COLUMNS, options) + reasons.join('');
}

/** How long a run took, or null while it is not over. */
export function durationOf({ startedAt, finishedAt }: Pick<RunSummary, 'startedAt' | 'finishedAt'>): string | null {
  return finishedAt === null ? null : formatDuration(new Date(finishedAt).getTime() - new Date(startedAt).getTime());
}

function figure(header: string, value: (run: RunSummary) => number): RowColumn<Row> {
  return {
    header,
    value: ({ outcome }) => (outcome.status === 'closed' ? formatCount(value(outcome.run)) : null),
    align: 'right',
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
