import type pg from 'pg';
import { planReplays, type ReplayPlan } from '../../queue/replay.ts';
import { type MirrorAsk, targetsOf } from '../../queue/targets.ts';
import { countProvedAbsent } from '../../store/count-absences.ts';
import type { Letter } from '../../store/dead-letters/letter.ts';
import type { LetterFilter } from '../../store/dead-letters/letter-filter.ts';
import { listLetters } from '../../store/dead-letters/list-letters.ts';
import { countOf, formatList } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type LetterFilterOptions, letterFilterOf } from '../letter-filter.ts';
import { LETTERS_LISTING, requireLetter, requireLetterId, requireOneChoice } from '../parts/letters.ts';
import { openMirror, requireCatalog } from '../parts/mirror.ts';
import { mirrorNow } from '../parts/mirror-now.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

/** How many ids a line names. */
const NAMED = 20;

/**
 * `dead-letters replay`: tries again what failed, of the letters of the ids or of all open ones that the options fit. A
 * listing is mirrored again once, as `sync` does it, however many letters it has; where only single records are meant,
 * their stored texts are checked again. A held removal is approved where it is meant by its id or its class: then what the
 * held run proved absent is ended where it is absent again (design sections 3 and 6).
 */
export async function replayDeadLetters(
  context: Context,
  letterIds: readonly string[],
  options: LetterFilterOptions,
): Promise<ExitCode> {
  const filter = letterFilterOf(options, context.clock.now());
  requireOneChoice(letterIds, filter, 'replay');
  const ids = [...new Set(letterIds.map(requireLetterId))];
  requireCatalog(context);
  const parts = await openMirror(context);
  try {
    const letters = await chosenLetters(parts.database.pool, ids, filter);
    const approving = ids.length > 0 || filter.errorClass === 'suspicious_removal';
    const plan = planReplays(letters, targetsOf(context.settings.organizations), { approving });
    const [refused] = plan.refused;
    if (ids.length > 0 && refused !== undefined) throw refusalOf(refused);
    sayWhatStays(context, plan);
    if (plan.asks.length === 0) {
      if (context.output.json) context.printJson([]);
      else context.say('No such letters are open that could be replayed.');
      return EXIT.ok;
    }
    for (const ask of plan.asks) await sayApproval(context, parts.database.pool, ask);
    return await mirrorNow(context, parts, { asks: plan.asks, trigger: 'replay' });
  } finally {
    await parts.close();
  }
}

/** The oldest first. */
async function chosenLetters(pool: pg.Pool, ids: readonly string[], filter: LetterFilter): Promise<readonly Letter[]> {
  const letters =
    ids.length === 0
      ? await listLetters(pool, { ...filter, state: 'open' }, null)
      : await Promise.all(ids.map((id) => requireLetter(pool, id)));
  return letters.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

function sayWhatStays(context: Context, { refused, unapproved }: ReplayPlan<Letter>): void {
  if (refused.length > 0) {
    const ids = refused.map(({ letter }) => letter.id);
    context.say(`Not replayed, because the settings do not name their listings: letters ${formatList(ids, NAMED)}.`);
  }
  for (const { id, organization } of unapproved) {
    context.say(
      `Letter ${id}, a removal of ${organization} that was held, is not approved by this: name it by its id, or with ` +
        '--class suspicious_removal.',
    );
  }
}

async function sayApproval(context: Context, pool: pg.Pool, ask: Required<MirrorAsk>): Promise<void> {
  const { organization, kind, approves } = ask;
  if (approves === null) return;
  const count = await countProvedAbsent(pool, approves);
  context.say(
    `Approving what run ${approves} proved absent in ${kind} of ${organization}: ${countOf(count, 'artifact')}, ` +
      'ended where this run proves it again.',
  );
}

function refusalOf({ letter, because }: ReplayPlan<Letter>['refused'][number]): UsageError {
  const { id, organization, kind } = letter;
  switch (because) {
    case 'closed':
      return new UsageError(
        `Letter ${id} is ${closing(letter)} and cannot be replayed.`,
        `Run \`catalog-mirror sync ${organization}\` to mirror the listing again, or \`${LETTERS_LISTING}\` to see what ` +
          'is open.',
      );
    case 'unmirrored':
      return new UsageError(
        `Letter ${id} is about ${kind} of ${organization}, which the settings do not name.`,
        'Add the listing to CATALOG_ORGANIZATIONS or to catalog-mirror.config.json to mirror it again.',
      );
  }
}

function closing({ state, resolvedByRunId }: Letter): string {
  return resolvedByRunId === null ? state : `${state} by run ${resolvedByRunId}`;
}
