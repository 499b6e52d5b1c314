import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { ClaimedRun } from '../claim-run.ts';
import { clearStaged } from '../clear-staged.ts';
import { countListed } from '../count-listed.ts';
import { closeRun, lockRun, type RunEnd, type WalkFigures } from './close-run.ts';
import type { ApplyContext } from './context.ts';
import { fileLetters, type NewLetter } from './file-letters.ts';

/**
 * Closes a run of which nothing is stored: its letter, its figures, its end.
 *
 * @returns false where the run was taken over or closed meanwhile: nothing was written
 */
export async function failRun(
  client: pg.PoolClient,
  run: ClaimedRun,
  context: ApplyContext,
  failed: { readonly end: RunEnd; readonly letter: NewLetter },
  walk: WalkFigures,
): Promise<boolean> {
  return drizzle(client).transaction(async (tx) => {
    if (!(await lockRun(tx, run))) return false;
    const letters = await fileLetters(tx, context, [failed.letter]);
    const applied = {
      added: 0,
      changed: 0,
      counted: 0,
      superseded: 0,
      withdrawn: 0,
      restored: 0,
      unproved: 0,
      letters,
    };
    const { listed } = await countListed(tx, context.runId, context.scope);
    await closeRun(tx, context, { end: failed.end, proof: null, walk, listed, applied });
    await clearStaged(tx, run.runId);
    return true;
  });
}
