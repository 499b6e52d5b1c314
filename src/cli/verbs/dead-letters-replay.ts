import { type Replay, replayOf } from '../../queue/replay.ts';
import { type MirrorTarget, targetsOf } from '../../queue/targets.ts';
import { countProvedAbsent } from '../../store/count-absences.ts';
import type { Letter } from '../../store/dead-letters/letter.ts';
import { countOf } from '../../terminal/format.ts';
import type { ExitCode } from '../exit-codes.ts';
import { LETTERS_LISTING, requireLetter, requireLetterId } from '../parts/letters.ts';
import { openMirror, requireCatalog } from '../parts/mirror.ts';
import { mirrorNow } from '../parts/mirror-now.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

/**
 * `dead-letters replay ID`: mirrors the listing of a letter again, as `sync` does; for that of a held run what it proved
 * absent is approved, and ended where it is absent again (design sections 3 and 6).
 */
export async function replayDeadLetter(context: Context, letterId: string): Promise<ExitCode> {
  requireLetterId(letterId);
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
        `Run ${again} to mirror the listing again, or \`${LETTERS_LISTING}\` to see what is open.`,
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
