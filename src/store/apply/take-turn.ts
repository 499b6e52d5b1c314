import { sql } from 'drizzle-orm';
import type { Scope } from '../scope.ts';
import type { Transaction } from './context.ts';

const NAMESPACE = 'catalog-mirror artifacts of';

/**
 * Has transactions that may write the same artifacts write one after the other, until they end. An apply locks artifacts in
 * more than one statement (those that changed, those that are gone, those whose days are worked out anew), so that no
 * order of rows keeps two of them from waiting for each other; a deadlock costs both a second, and one of them its work.
 *
 * Only an organization with include_public lists what others own: it waits for all, and all wait for it. Those without
 * write side by side. What may still meet (an owner who takes over a guest, and an organization that has just given up
 * include_public, or is retired) repeats its transaction.
 *
 * To be asked for once in a transaction, when it holds its run: before, another worker could take the run over from one
 * that waits.
 */
export async function takeTurn(
  tx: Transaction,
  { kind, includePublic }: Pick<Scope, 'kind' | 'includePublic'>,
): Promise<void> {
  const lock = includePublic ? sql`pg_advisory_xact_lock` : sql`pg_advisory_xact_lock_shared`;
  await tx.execute(sql`SELECT ${lock}(hashtextextended(${`${NAMESPACE} ${kind}`}, 0))`);
}
