import { type ClosedLetter, type Discarded, discardLetters } from '../../store/dead-letters/discard-letters.ts';
import { findOpenLetters } from '../../store/dead-letters/find-open-letters.ts';
import { countOf, formatList } from '../../terminal/format.ts';
import { wrapToWidth } from '../../terminal/width.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type LetterFilterOptions, letterFilterOf } from '../letter-filter.ts';
import { openDatabase } from '../parts/database.ts';
import { LETTERS_LISTING, requireLetterId, requireOneChoice } from '../parts/letters.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

export interface DiscardOptions extends LetterFilterOptions {
  readonly reason: string;
  /** Nobody is asked. */
  readonly yes: boolean;
}

const LONGEST_REASON = 1_000;
/** How many ids a line names. */
const NAMED = 20;

/**
 * `dead-letters discard`: a person says that these failures need nothing more: those of the ids, or all open ones that
 * the options fit. The same failure, met again, is a new letter.
 */
export async function discardDeadLetters(
  context: Context,
  letterIds: readonly string[],
  options: DiscardOptions,
): Promise<ExitCode> {
  const reason = requireReason(options.reason);
  const filter = letterFilterOf(options, context.clock.now());
  requireOneChoice(letterIds, filter, 'discard');
  const ids = [...new Set(letterIds.map(requireLetterId))];
  const database = await openDatabase(context);
  try {
    const discard = (chosen: readonly string[], allOrNone: boolean): Promise<Discarded> =>
      discardLetters(database.pool, chosen, { reason, at: context.clock.now(), allOrNone });
    if (ids.length > 0) {
      const result = await discard(ids, true);
      if (result.discarded.length === 0) throw refusalOf(result);
      return report(context, result.discarded, reason);
    }
    const fitting = await findOpenLetters(database.pool, filter);
    if (fitting.length > 0 && !options.yes && !(await isConfirmed(context, fitting))) {
      context.say('Nothing was changed.');
      return EXIT.usage;
    }
    // What a run resolved while the person thought is done with.
    return report(context, (await discard(fitting, false)).discarded, reason);
  } finally {
    await database.close();
  }
}

function requireReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= LONGEST_REASON) return reason;
  throw new UsageError(
    reason === '' ? 'A letter is not discarded without a reason.' : 'The reason is too long.',
    `Say in a sentence why nothing more is to be done, in at most ${LONGEST_REASON} characters: --reason 'known, and harmless'.`,
  );
}

function refusalOf({ closed, missing }: Discarded): UsageError {
  const hint = `None was discarded. Run \`${LETTERS_LISTING}\` to see what is open.`;
  if (missing.length === 0) return new UsageError(`${closed.map(describeClosed).join('; ')}.`, hint);
  return new UsageError(
    missing.length === 1 ? `There is no letter ${missing[0]}.` : `There are no letters ${formatList(missing, NAMED)}.`,
    hint,
  );
}

function describeClosed({ id, state, resolvedByRunId }: ClosedLetter): string {
  const by = resolvedByRunId === null ? '' : ` by run ${resolvedByRunId}`;
  return `Letter ${id} is ${state}${by} already`;
}

/** @throws UsageError where nobody is there to be asked */
async function isConfirmed(context: Context, ids: readonly string[]): Promise<boolean> {
  const all = countOf(ids.length, 'open letter');
  const consequence = `${all}: ${formatList(ids, NAMED)}. The next run that meets such a failure files a new letter.`;
  const lines = wrapToWidth(consequence, context.output.stderr.columns);
  const answer = await context.ask(`${lines.join('\n')}\nDiscard them? [y/N] `);
  if (answer === null) throw new UsageError(`This would discard ${all}.`, 'Add --yes to do so.');
  return /^y(es)?$/i.test(answer.trim());
}

function report(context: Context, discarded: readonly string[], reason: string): ExitCode {
  if (context.output.json) context.printJson({ discarded, reason });
  else if (discarded.length === 0) context.say('No such letters are open.');
  else context.print(`${countOf(discarded.length, 'letter')} discarded: ${formatList(discarded, NAMED)}.\n`);
  return EXIT.ok;
}
