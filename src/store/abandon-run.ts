import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { fileLetters } from './apply/file-letters.ts';
import { clearStaged } from './clear-staged.ts';
import type { Scope } from './scope.ts';

/**
 * Closes a run that nobody will go on with as `abandoned`, in the transaction that takes its place. It failed without a
 * word, and what it met went with it: that has its letter, which the next certified run resolves like any other (design
 * section 6).
 *
 * @param client in a transaction that has locked the run's row
 * @param run.day YYYY-MM-DD, the day of the run
 * @param at the moment of the decision, by the process's clock
 */
export async function abandonRun(
  client: pg.PoolClient,
  run: { readonly runId: string; readonly day: string },
  scope: Scope,
  at: Date,
): Promise<void> {
  const { runId, day } = run;
  const error =
    `its worker was stopped, killed or cut off from PostgreSQL, and nobody took the run of ${day} up in time: see the ` +
    'log of the worker; the next run begins anew';
  await client.query(
    `UPDATE mirror.runs
     SET state = 'abandoned', finished_at = greatest($2, started_at), error_class = 'internal', error = $3, letters = 1
     WHERE id = $1`,
    [runId, at, error],
  );
  const tx = drizzle(client);
  await clearStaged(tx, runId);
  await fileLetters(tx, { runId, scope, at }, [
    {
      errorClass: 'internal',
      errorType: null,
      level: 'organization',
      page: null,
      status: null,
      detail: `could not mirror the listing (${scope.kind} of ${scope.organization}): ${error}`,
      payload: null,
      attempts: 1,
    },
  ]);
}
