import { isRepeatable } from './database-failure.ts';

/** How often a transaction that PostgreSQL broke off for another one's sake is begun again. */
const REPEATS = 10;

/**
 * Does a transaction, and again from its beginning where PostgreSQL broke it off for another one's sake (isRepeatable).
 *
 * @throws what the last try throws
 */
export async function repeatedly<T>(transaction: () => Promise<T>): Promise<T> {
  for (let repeat = 0; ; repeat++) {
    try {
      return await transaction();
    } catch (error) {
      if (repeat >= REPEATS || !isRepeatable(error)) throw error;
    }
  }
}
