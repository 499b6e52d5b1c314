import { RUN_STATES } from '../../mirror/types.ts';
import { listRuns, type RunRecord, readRun } from '../../store/read-runs.ts';
import { countOf, formatCount, formatMoment, stateStyle } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { requireRowId } from '../row-id.ts';
import type { Context } from '../shell.ts';
import { renderFacts } from '../tables/facts.ts';
import { durationOf } from '../tables/outcomes.ts';
import { type RowColumn, renderRows } from '../tables/rows.ts';
import { UsageError } from '../usage-error.ts';

export interface RunsListOptions {
  readonly organization?: string;
  readonly state?: string;
  readonly limit: number;
}

/** `runs list`: the newest runs first. */
export async function listAllRuns(context: Context, options: RunsListOptions): Promise<ExitCode> {
  if (options.state !== undefined && !RUN_STATES.some((state) => state === options.state)) {
    throw new UsageError(`There is no run state "${options.state}".`, `The states are: ${RUN_STATES.join(', ')}.`);
  }
  const database = await openDatabase(context);
  try {
    const runs = await listRuns(database.pool, options);
    if (context.output.json) context.printJson(runs);
    else if (runs.length === 0)
      context.say('No such runs yet: `catalog-mirror sync` makes one, `npm start` a month of them.');
    else {
      const width = context.output.stdout.columns;
      context.print(renderRows(runs, COLUMNS, { width, colours: context.colours }));
      if (width < WIDE && runs.some(({ error }) => error !== null)) {
        context.say('`catalog-mirror runs show ID` says why a run ended as it did.');
      }
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** `runs show ID`: one run in words and figures. */
export async function showRun(context: Context, runId: string): Promise<ExitCode> {
  requireRowId(runId, 'run', 'catalog-mirror runs list');
  const database = await openDatabase(context);
  try {
    const run = await readRun(database.pool, runId);
    if (run === null) {
      throw new UsageError(`There is no run ${runId}.`, 'Run `catalog-mirror runs list` to see the ids.');
    }
    if (context.output.json) context.printJson(run);
    else context.print(renderFacts(factsOf(run), { width: context.output.stdout.columns, colours: context.colours }));
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** How wide a terminal must be for a reason to be worth its column. */
const WIDE = 120;

const COLUMNS: readonly RowColumn<RunRecord>[] = [
  { header: 'run', value: (run) => run.runId, align: 'right' },
  { header: 'day', value: (run) => run.day, mayCut: false },
  { header: 'organization', value: (run) => run.organization },
  { header: 'kind', value: (run) => run.kind, idle: 'models' },
  {
    header: 'state',
    value: (run) => run.state,
    mayCut: false,
    style: (run, colours) => stateStyle(run.state, colours),
  },
  { header: 'listed', value: (run) => formatCount(run.figures.listed), align: 'right' },
  { header: 'added', value: (run) => formatCount(run.figures.added), align: 'right' },
  { header: 'counted', value: (run) => formatCount(run.figures.counted), align: 'right' },
  {
    header: 'ended',
    value: (run) => formatCount(run.figures.superseded + run.figures.withdrawn),
    align: 'right',
    idle: '0',
  },
  { header: 'letters', value: (run) => formatCount(run.figures.letters), align: 'right', idle: '0' },
  { header: 'took', value: durationOf, align: 'right' },
  { header: 'why', value: (run) => run.error ?? '', idle: '', from: WIDE },
];

function factsOf(run: RunRecord): readonly (readonly [string, string])[] {
  const { figures } = run;
  const total = figures.total === null ? '' : ` of ${formatCount(figures.total)} that the catalog announced`;
  return [
    ['run', `${run.runId}, ${run.kind} of ${run.organization}`],
    ['state', run.state],
    ...(run.error === null ? [] : [['why', run.error] as const]),
    ['day', `${run.day} (${run.timeZone})`],
    ['started', formatMoment(new Date(run.startedAt))],
    ['took', durationOf(run) ?? 'not over'],
    ['asked by', run.trigger],
    ['scope', run.includePublic ? 'its own artifacts and public ones of other owners' : 'its own artifacts'],
    ['listed', `${countOf(figures.listed, 'artifact')}${total}`],
    [
      'read',
      `${countOf(figures.pages, 'page')} of ${formatCount(run.pageSize)} in ${countOf(figures.passes, 'pass', 'passes')}, ` +
        `${countOf(figures.requests, 'request')}, ${countOf(figures.retries, 'retry', 'retries')}`,
    ],
    [
      'stored',
      `${formatCount(figures.added)} added, ${formatCount(figures.changed)} changed, ${formatCount(figures.counted)} counted`,
    ],
    [
      'ended',
      `${formatCount(figures.superseded)} superseded, ${formatCount(figures.withdrawn)} withdrawn, ` +
        `${formatCount(figures.restored)} restored`,
    ],
    ...(figures.unproved === 0
      ? []
      : [['unproved', `${countOf(figures.unproved, 'artifact')} not listed, and not proved absent`] as const]),
    ['letters', formatCount(figures.letters)],
  ];
}
