import { ErrorCode } from 'bullmq';
import { isRepeatable } from '../store/database-failure.ts';

/** How often it is looked again because another process set the same schedule at that moment. */
const MOST_TRIES = 10;

/**
 * Looks whether a schedule is in the queue and sets it where it is not, both in `lookAndSet`, which is repeated where
 * another process set the same schedule in between. Of two on PostgreSQL one is told that its job exists already, or,
 * where they waited for each other, broken off.
 */
export async function whileAnotherSets<T>(lookAndSet: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await lookAndSet();
    } catch (error) {
      if (tries >= MOST_TRIES || !(wasSetByAnother(error) || isRepeatable(error))) throw error;
    }
  }
}

function wasSetByAnother(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === ErrorCode.SchedulerJobIdCollision;
}
