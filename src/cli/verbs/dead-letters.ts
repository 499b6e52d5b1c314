import type pg from 'pg';
import { FAILURE_CLASSES } from '../../catalog/failure.ts';
import { policyOf } from '../../catalog/policy.ts';
import { type Replay, replayOf } from '../../queue/replay.ts';
import { type MirrorTarget, targetsOf } from '../../queue/targets.ts';
import { countProvedAbsent } from '../../store/count-absences.ts';
import { LETTER_STATES, type Letter, type LetterState, listLetters, readLetter } from '../../store/read-letters.ts';
import { countOf, formatCount, formatMoment } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { openMirror, requireCatalog } from '../parts/mirror.ts';
import { mirrorNow } from '../parts/mirror-now.ts';
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
  requireRowId(letterId, 'letter', LISTING);
  const database = await openDatabase(context);
  try {
    const letter = await requireLetter(database.pool, letterId);
    if (context.output.json) context.printJson(letter);
    else
      context.print(renderFacts(factsOf(letter), { width: context.output.stdout.columns, colours: context.colours }));
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/**
 * `dead-letters replay ID`: mirrors the listing of a letter again, as `sync` does; for that of a held run what it proved
 * absent is approved, and ended where it is absent again (design sections 3 and 6).
 */
export async function replayDeadLetter(context: Context, letterId: string): Promise<ExitCode> {
  requireRowId(letterId, 'letter', LISTING);
  requireCatalog(context);
  const parts = await openMirror(context);
  try {
    const letter = await requireLetter(parts.database.pool, letterId);
    const replay = replayOf(letter, targetsOf(context.settings.organizations));
    if (replay.does === 'nothing') throw refusalOf(letter, replay);
    const { target, approves } = replay;
    if (approves !== null) {
      const count = await countProvedAbsent(parts.database.pool, approves);
      context.say(approvalOf(approves, target, count));
    }
    return await mirrorNow(context, parts, { targets: [target], trigger: 'replay', approves });
  } finally {
    await parts.close();
  }
}

const LISTING = 'catalog-mirror dead-letters list';

async function requireLetter(pool: pg.Pool, letterId: string): Promise<Letter> {
  const letter = await readLetter(pool, letterId);
  if (letter !== null) return letter;
  throw new UsageError(`There is no letter ${letterId}.`, `Run \`${LISTING}\` to see the ids.`);
}

function approvalOf(runId: string, { organization, kind }: MirrorTarget, count: number): string {
  return (
    `Approving what run ${runId} proved absent in ${kind} of ${organization}: ${countOf(count, 'artifact')}, ` +
    'ended where this run proves it again.'
  );
}

function refusalOf(letter: Letter, { because }: Extract<Replay, { does: 'nothing' }>): UsageError {
  const { id, organization, kind } = letter;
  const again = `\`catalog-mirror sync ${organization}\``;
  switch (because) {
    case 'closed':
      return new UsageError(
        `Letter ${id} is ${closing(letter)} and cannot be replayed.`,
        `Run ${again} to mirror the listing again, or \`${LISTING}\` to see what is open.`,
      );
    case 'unmirrored':
      return new UsageError(
        `Letter ${id} is about ${kind} of ${organization}, which the settings do not name.`,
        'Add the listing to CATALOG_ORGANIZATIONS or to catalog-mirror.config.json to mirror it again.',
      );
    case 'record':
      return new UsageError(
        `Letter ${id} is about a single record, which cannot be replayed by itself.`,
        `The next certified run that reads the record well resolves it: ${again}.`,
      );
  }
}

function closing({ state, resolvedByRunId }: Letter): string {
  return resolvedByRunId === null ? state : `${state} by run ${resolvedByRunId}`;
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
    ...approvalFacts(letter),
    ['tries', formatCount(letter.attempts)],
    ['times', formatCount(letter.occurrences)],
    ['first', formatMoment(new Date(letter.firstFailedAt))],
    ['last', formatMoment(new Date(letter.lastFailedAt))],
    ...optional('resolved by', letter.resolvedByRunId === null ? null : `run ${letter.resolvedByRunId}`),
    ...optional('received', letter.payload),
  ];
}

/** The commands that look at what a held run would end, and that approve it. */
function approvalFacts({ id, errorClass, state, runId }: Letter): readonly (readonly [string, string])[] {
  if (errorClass !== 'suspicious_removal' || state !== 'open' || runId === null) return [];
  const select =
    'select name, version from mirror.run_absences join mirror.artifacts on id = artifact_id ' +
    `where run_id = ${runId} and finding = 'absent' order by name`;
  return [
    ['which ones', `catalog-mirror psql -c "${select}"`],
    ['approve', `catalog-mirror dead-letters replay ${id}`],
  ];
}
