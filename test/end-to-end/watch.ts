import pg from 'pg';
import { createStateReader, type SeenState } from './state-of-mirror.ts';

/** What a reader in another session has seen of a mirror. */
export interface Watch {
  /** Every state that differed from the one before it, oldest first. */
  readonly states: readonly string[];
  /** The most runs of one organization and kind that were ever active together. */
  readonly mostActive: number;
  /** How many times it was read. */
  readonly readings: number;
  /** Something happens: the mirror is to be read again. A reading that is under way does not count as that. */
  look(): void;
  /** The same. Resolves when it is read. */
  read(): Promise<void>;
  /** Reads one last time and stops. Rejects with what a reading failed with. */
  stop(): Promise<void>;
}

/**
 * Reads all that a mirror shows from a connection of its own: one reading after the other, as long as there is news.
 * Without the news it would read as often, but mostly while a process starts.
 */
export async function watchMirror(databaseUrl: string): Promise<Watch> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  pool.on('error', () => {});
  const readState = await createStateReader(pool);
  const seen: SeenState[] = [];
  let news = false;
  let reading: Promise<void> | null = null;
  const read = async (): Promise<void> => {
    do {
      news = false;
      seen.push(await readState());
    } while (news);
    reading = null;
  };
  const look = (): Promise<void> => {
    news = true;
    reading ??= read();
    return reading;
  };
  await look();
  return {
    get states() {
      return seen.map(({ shown }) => shown).filter((shown, index, all) => shown !== all[index - 1]);
    },
    get mostActive() {
      return Math.max(...seen.map(({ active }) => active));
    },
    get readings() {
      return seen.length;
    },
    look() {
      // What fails here fails stop() as well, which tells it.
      look().catch(() => {});
    },
    read: look,
    async stop() {
      try {
        await look();
      } finally {
        await pool.end();
      }
    },
  };
}
