import { Failure } from '../../catalog/failure.ts';
import { QUEUE_SCHEMA } from '../../queue/backend.ts';
import { storedSchedules } from '../../queue/stored-schedules.ts';
import type { MirrorTarget } from '../../queue/targets.ts';
import type { Context } from '../shell.ts';
import type { OpenDatabase } from './database.ts';
import { openQueue } from './mirror.ts';

/** What the queue says of the schedules; or why it cannot be asked. */
export type ListedFires =
  | { readonly status: 'listed'; readonly store: 'postgres' | 'redis'; readonly fires: readonly Fire[] }
  | { readonly status: 'unknown'; readonly reason: string };

/** When the schedule of a listing fires next; a moment that is past where no worker takes it. */
export interface Fire extends MirrorTarget {
  readonly next: Date | null;
}

/** Asks the queue for its schedules. Where it was never opened they are none, and it is not made for the question. */
export async function listFires(context: Context, database: OpenDatabase): Promise<ListedFires> {
  const store = context.settings.redisUrl === null ? 'postgres' : 'redis';
  try {
    if (store === 'postgres' && !(await hasQueue(database))) return { status: 'listed', store, fires: [] };
    const backend = await openQueue(context, database);
    try {
      const fires = (await storedSchedules(backend)).map(({ target, next }) => ({
        ...target,
        next: next === null ? null : new Date(next),
      }));
      return { status: 'listed', store, fires };
    } finally {
      await backend.close();
    }
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason;
    return { status: 'unknown', reason: reasonOf(error) };
  }
}

async function hasQueue({ pool }: OpenDatabase): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT FROM pg_namespace WHERE nspname = $1', [QUEUE_SCHEMA]);
  return rowCount !== 0;
}

function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.detail;
  return error instanceof Error ? error.message : String(error);
}
