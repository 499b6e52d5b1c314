import { databaseFailure } from '../store/database-failure.ts';
import type { QueueLocation } from './backend.ts';

/** Whatever has connections to the queue's server. */
interface Connected {
  close(force?: boolean): Promise<unknown>;
}

/**
 * Does what makes something ready that is connected to the queue's server. Where that fails, it is closed: its connections
 * would be tried again for ever, by a process that has nothing to do any more and never ends.
 *
 * @throws what `makeReady` throws; of PostgreSQL a Failure `database`
 */
export async function orClosed(
  connected: Connected,
  store: QueueLocation['store'],
  makeReady: () => Promise<unknown>,
): Promise<void> {
  try {
    await makeReady();
  } catch (error) {
    await connected.close(true).catch(() => undefined);
    throw store === 'postgres' ? databaseFailure(error, 'open the queue', 'the queue on PostgreSQL') : error;
  }
}
