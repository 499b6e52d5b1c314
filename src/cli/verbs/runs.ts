import { RUN_STATES } from '../../mirror/types.ts';
import { listRuns, type RunRecord } from '../../store/read-runs.ts';
import { formatCount, stateStyle } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import type { Context } from '../shell.ts';
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
