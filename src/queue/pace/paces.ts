import type { SharedPace } from '../../catalog/shared-pace.ts';
import type { Clock } from '../../clock.ts';
import { QUEUE_PREFIX, QUEUE_SCHEMA, type QueueLocation } from '../backend.ts';
import { type Log, reasonOf } from '../connection-log.ts';
import { createHearing } from './hearing.ts';
import { openPostgresPaces } from './postgres-store.ts';
import { openRedisPaces } from './redis-store.ts';
import type { PaceStore } from './store.ts';

/** The paces of all tokens, in the queue's own store: shared by every process that uses that queue. */
export interface Paces {
  /** The pace of all that have this key (src/catalog/pace-key.ts). */
  paceOf(key: string): SharedPace;
  close(): Promise<void>;
}

/** A store that failed is left alone for so long: each question to it might cost two seconds. */
const ASK_AGAIN_AFTER_MS = 5_000;

/**
 * Opens the paces where the queue lives, which must be open already. Never fails: while the store cannot be asked, each
 * process keeps its own pace, and says so once.
 *
 * @param options.clock the real one: the store's clock goes with it
 */
export function openPaces(location: QueueLocation, options: { readonly log: Log; readonly clock: Clock }): Paces {
  const store =
    location.store === 'postgres'
      ? openPostgresPaces(location.databaseUrl, location.schema ?? QUEUE_SCHEMA)
      : openRedisPaces(location.redisUrl, location.prefix ?? QUEUE_PREFIX);
  return shareStore(store, options);
}

/** The paces of a store, with what is done where it fails. */
export function shareStore(store: PaceStore, { log, clock }: { readonly log: Log; readonly clock: Clock }): Paces {
  let awaySince: number | null = null;
  let closing = false;
  const underWay = new Set<Promise<unknown>>();

  const ask = async <T>(question: () => Promise<T>): Promise<T | null> => {
    if (closing || (awaySince !== null && clock.now().getTime() - awaySince < ASK_AGAIN_AFTER_MS)) return null;
    const asked = question();
    underWay.add(asked);
    try {
      const answer = await asked;
      if (awaySince !== null) log(`request pace (${store.name}): shared again`);
      awaySince = null;
      return answer;
    } catch (error) {
      if (awaySince === null && !closing) {
        log(`request pace (${store.name}): ${reasonOf(error)}; until it answers, this process keeps its own pace`);
      }
      awaySince = clock.now().getTime();
      return null;
    } finally {
      underWay.delete(asked);
    }
  };

  return {
    paceOf(key) {
      const heard = createHearing(clock, () => ask(() => store.quiet(key)));
      return {
        takeSlot: (intervalMs) => ask(() => store.takeSlot(key, intervalMs)),
        quiet: heard.quiet,
        async slowDown(milliseconds) {
          heard.forget();
          await ask(() => store.slowDown(key, milliseconds));
        },
        async answered() {
          heard.forget();
          await ask(() => store.answered(key));
        },
      };
    },
    async close() {
      closing = true;
      await Promise.allSettled(underWay);
      await store.close();
    },
  };
}
