import { FAILURE_CLASSES } from '../../catalog/failure.ts';
import { policyOf } from '../../catalog/policy.ts';
import { LETTER_STATES, type Letter, type LetterState, listLetters, readLetter } from '../../store/read-letters.ts';
import { formatCount, formatMoment } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { requireRowId } from '../row-id.ts';
import type { Context } from '../shell.ts';
import { renderFacts } from '../tables/facts.ts';
import { type RowColumn, renderRows } from '../tables/rows.ts';
import { UsageError } from '../usage-error.ts';

export interface LettersListOptions {
  readonly organization?: string;
  readonly class?: string;
  readonly state: string;
  readonly limit: number;
}

/** `dead-letters list`: the newest failures first. */
export async function listDeadLetters(context: Context, options: LettersListOptions): Promise<ExitCode> {
  if (options.class !== undefined && !FAILURE_CLASSES.some((one) => one === options.class)) {
    throw new UsageError(`There is no class "${options.class}".`, `The classes are: ${FAILURE_CLASSES.join(', ')}.`);
  }
  const state = letterState(options.state);
  const database = await openDatabase(context);
  try {
    const letters = await listLetters(database.pool, {
      limit: options.limit,
      ...(options.organization === undefined ? {} : { organization: options.organization }),
      ...(options.class === undefined ? {} : { errorClass: options.class }),
      ...(state === undefined ? {} : { state }),
    });
    if (context.output.json) context.printJson(letters);
    else if (letters.length === 0) context.say('No such letters.');
    else {
      const width = context.output.stdout.columns;
      context.print(renderRows(letters, COLUMNS, { width, colours: context.colours }));
      if (width < WIDE) context.say('`catalog-mirror dead-letters show ID` says what happened, and what to do.');
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** `dead-letters show ID`: one failure with the text it received. */
export async function showDeadLetter(context: Context, letterId: string): Promise<ExitCode> {
  requireRowId(letterId, 'letter', 'catalog-mirror dead-letters list');
  const database = await openDatabase(context);
  try {
    const letter = await readLetter(database.pool, letterId);
    if (letter === null) {
      throw new UsageError(`There is no letter ${letterId}.`, 'Run `catalog-mirror dead-letters list` to see the ids.');
    }
    if (context.output.json) context.printJson(letter);
    else
      context.print(renderFacts(factsOf(letter), { width: context.output.stdout.columns, colours: context.colours }));
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

function letterState(text: string): LetterState | undefined {
  if (text === 'all') return undefined;
  const state = LETTER_STATES.find((one) => one === text);
  if (state === undefined) {
    throw new UsageError(`There is no letter state "${text}".`, `The states are: ${LETTER_STATES.join(', ')}, or all.`);
  }
  return state;
}

/** How wide a terminal must be for a detail to be worth its column. */
const WIDE = 120;

const COLUMNS: readonly RowColumn<Letter>[] = [
  { header: 'letter', value: (letter) => letter.id, align: 'right' },
  { header: 'class', value: (letter) => letter.errorClass, mayCut: false },
  { header: 'level', value: (letter) => letter.level, mayCut: false },
  { header: 'organization', value: (letter) => letter.organization },
  { header: 'kind', value: (letter) => letter.kind, idle: 'models' },
  {
    header: 'page',
    value: (letter) => (letter.page === null ? null : formatCount(letter.page)),
    align: 'right',
    idle: null,
  },
  { header: 'times', value: (letter) => formatCount(letter.occurrences), align: 'right' },
  { header: 'last (UTC)', value: (letter) => letter.lastFailedAt.slice(0, 16).replace('T', ' '), mayCut: false },
  { header: 'state', value: (letter) => letter.state, mayCut: false, idle: 'open' },
  { header: 'detail', value: (letter) => letter.detail, from: WIDE },
];

function factsOf(letter: Letter): readonly (readonly [string, string])[] {
  const optional = (label: string, value: string | number | null): readonly (readonly [string, string])[] =>
    value === null ? [] : [[label, String(value)]];
  return [
    ['letter', `${letter.id}, ${letter.state}`],
    ['class', letter.errorClass],
    ...optional('type', letter.errorType),
    ['level', letter.level],
    ['listing', `${letter.kind} of ${letter.organization}`],
    ...optional('run', letter.runId),
    ...optional('page', letter.page),
    ...optional('artifact', letter.artifactId),
    ...optional('status', letter.status),
    ['what', letter.detail],
    ['what to do', policyOf(letter.errorClass).hint],
    ['tries', formatCount(letter.attempts)],
    ['times', formatCount(letter.occurrences)],
    ['first', formatMoment(new Date(letter.firstFailedAt))],
    ['last', formatMoment(new Date(letter.lastFailedAt))],
    ...optional('resolved by', letter.resolvedByRunId === null ? null : `run ${letter.resolvedByRunId}`),
    ...optional('received', letter.payload),
  ];
}
