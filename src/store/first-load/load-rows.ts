import type pg from 'pg';
import { copyTogether } from '../copy-together.ts';
import { isArtifactKnown } from '../database-failure.ts';
import { observationsInOrder } from './observations-in-order.ts';
import { LOADED_ARTIFACTS, LOADED_OBSERVATIONS, type PageRows } from './page-rows.ts';

/** Where a load goes back to if PostgreSQL refuses what comes next. */
export const MARK = 'SAVEPOINT load';
/** Said behind what is written, not before what comes next: each word to PostgreSQL is waited for. */
export const MARK_AGAIN = `RELEASE SAVEPOINT load; ${MARK}`;

/**
 * Writes artifacts and their baseline observations into the load's transaction: the artifacts in the order of the list, so
 * that what a page lists lies side by side, where the next night looks for it.
 *
 * @returns false where the mirror knows any of these artifacts, or this load has written it before: then none is written
 */
export async function writeRows(client: pg.PoolClient, pages: readonly PageRows[]): Promise<boolean> {
  try {
    await copyTogether(client, [
      { target: LOADED_ARTIFACTS, rows: pages.map(({ artifacts }) => artifacts) },
      { target: LOADED_OBSERVATIONS, rows: [observationsInOrder(pages)] },
      MARK_AGAIN,
    ]);
    return true;
  } catch (error) {
    if (!isArtifactKnown(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT load');
    return false;
  }
}
