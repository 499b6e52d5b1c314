import { policyOf } from '../../catalog/policy.ts';
import { countLetters } from '../../store/dead-letters/count-letters.ts';
import type { Letter } from '../../store/dead-letters/letter.ts';
import { listLetters } from '../../store/dead-letters/list-letters.ts';
import { formatCount, formatMoment } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type LetterFilterOptions, letterFilterOf } from '../letter-filter.ts';
import { openDatabase } from '../parts/database.ts';
import { requireLetter, requireLetterId } from '../parts/letters.ts';
import type { Context } from '../shell.ts';
import { renderFacts } from '../tables/facts.ts';
import { renderLetterCounts } from '../tables/letter-counts.ts';
import { type RowColumn, renderRows } from '../tables/rows.ts';
import { renderSection } from '../tables/section.ts';

/** `dead-letters list`: how many failures of which class, and the newest first. */
export async function listDeadLetters(
  context: Context,
  options: LetterFilterOptions & { readonly limit: number },
): Promise<ExitCode> {
  const filter = letterFilterOf(options, context.clock.now());
  const database = await openDatabase(context);
  try {
    const counts = await countLetters(database.pool, filter);
    const letters = await listLetters(database.pool, filter, options.limit);
    if (context.output.json) context.printJson({ counts, letters });
    else if (letters.length === 0) context.say('No such letters.');
    else {
      const table = { width: context.output.stdout.columns, colours: context.colours };
      const rows = { all: counts.reduce((sum, count) => sum + count.letters, 0), shown: letters.length };
      context.print(renderLetterCounts(counts, table));
      context.print(`\n${renderSection('The newest first', renderRows(letters, COLUMNS, table), rows, table)}`);
      if (table.width < WIDE) context.say('`catalog-mirror dead-letters show ID` says what happened, and what to do.');
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** `dead-letters show ID`: one failure with the text it received. */
export async function showDeadLetter(context: Context, letterId: string): Promise<ExitCode> {
  requireLetterId(letterId);
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

/** How wide a terminal must be for a detail to be worth its column, and for the catalog's own type beside it. */
const WIDE = 120;
const WIDER = 150;

const COLUMNS: readonly RowColumn<Letter>[] = [
  { header: 'letter', value: (letter) => letter.id, align: 'right' },
  { header: 'class', value: (letter) => letter.errorClass, mayCut: false },
  { header: 'type', value: (letter) => letter.errorType, idle: null, from: WIDER },
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
  { header: 'detail', value: whatHappened, from: WIDE },
];

/** The detail without what the other columns say: `could not read page 1 (models of acme): …`. */
function whatHappened({ detail, kind, organization }: Letter): string {
  const subject = `(${kind} of ${organization}): `;
  const at = detail.indexOf(subject);
  return at < 0 ? detail : detail.slice(at + subject.length);
}

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
    ...optional('discarded because', letter.discardReason),
    ...optional('closed', letter.closedAt === null ? null : formatMoment(new Date(letter.closedAt))),
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
