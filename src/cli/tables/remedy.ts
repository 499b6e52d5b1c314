import { policyOf } from '../../catalog/policy.ts';
import type { Letter } from '../../store/dead-letters/letter.ts';
import type { RunRecord } from '../../store/read-runs.ts';
import { tied } from '../../terminal/width.ts';

/** The open letter of a held removal. */
type RemovalLetter = Pick<Letter, 'id' | 'runId'>;

/**
 * What to do about a run that is not certified, in a sentence or two; null where there is nothing to do, or `error` says
 * it. Commands stay on one line.
 *
 * @param removal the open letter of a held removal of this listing; null where there is none
 */
export function remedyOf(run: RunRecord, removal: RemovalLetter | null): string | null {
  const { organization, state, errorClass } = run;
  const again = command(`sync ${organization}`);
  switch (state) {
    case 'certified':
    case 'failed':
      return null;
    case 'held':
      return remedyOfHeld(run, removal);
    case 'inexact':
      return run.proof?.advice ?? null;
    case 'partial': {
      const hint = errorClass === null ? '' : `${asSentence(policyOf(errorClass).hint)} `;
      return `${hint}Only a run that reads every page is complete: ${again}`;
    }
    case 'running':
      return `Wait for it. Where its process died, ${again} takes it up or begins anew.`;
    case 'abandoned':
      return `Nothing of it was stored: ${again} begins anew.`;
  }
}

function remedyOfHeld({ runId }: RunRecord, removal: RemovalLetter | null): string {
  if (removal === null) return `Nothing more, its letter is closed: ${command('dead-letters list --state all')}`;
  return removal.runId === runId
    ? `Where they are meant to be gone, approve it: ${command(`dead-letters replay ${removal.id}`)}`
    : `Nothing here, a later run was held as well: ${command(`runs show ${removal.runId}`)}`;
}

function command(args: string): string {
  return tied(`\`catalog-mirror ${args}\``);
}

function asSentence(hint: string): string {
  return `${hint.slice(0, 1).toUpperCase()}${hint.slice(1)}.`;
}
