import { policyOf } from '../../catalog/policy.ts';
import type { Letter } from '../../store/read-letters.ts';
import type { RunRecord } from '../../store/read-runs.ts';

/**
 * What to do about a run that is not certified, in a sentence; null where there is nothing to do, or `error` says it.
 *
 * @param removal the open letter of a held removal of this listing; null where there is none
 */
export function remedyOf(run: RunRecord, removal: Pick<Letter, 'id' | 'runId'> | null): string | null {
  const { organization, state, errorClass } = run;
  const again = `\`catalog-mirror sync ${organization}\``;
  switch (state) {
    case 'certified':
    case 'failed':
      return null;
    case 'held':
      return remedyOfHeld(run, removal);
    case 'inexact':
      return run.proof?.advice ?? null;
    case 'partial': {
      const hint = errorClass === null ? '' : `${policyOf(errorClass).hint}; `;
      return `${hint}${again} reads the whole list again`;
    }
    case 'running':
      return `wait for it; where its process died, ${again} takes it up or begins anew`;
    case 'abandoned':
      return `nothing: of this run nothing was stored, and ${again} begins anew`;
  }
}

function remedyOfHeld({ runId, organization }: RunRecord, removal: Pick<Letter, 'id' | 'runId'> | null): string {
  if (removal === null) {
    const letters = `catalog-mirror dead-letters list --class suspicious_removal --state all --organization ${organization}`;
    return `nothing more: its letter is closed, and \`${letters}\` says so`;
  }
  if (removal.runId === runId) {
    return `where they are meant to be gone, approve it: \`catalog-mirror dead-letters replay ${removal.id}\``;
  }
  return `a later run was held as well: see \`catalog-mirror runs show ${removal.runId}\``;
}
