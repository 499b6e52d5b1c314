import type { CatalogClient, ReadOptions } from './client.ts';
import type { Kind } from './kinds.ts';
import type { CatalogPage, PageQuery } from './page.ts';
import { type RetryOptions, readWithRetries } from './retry.ts';

/**
 * Reads one page for good: tries again where that can help, and rejects with a Failure where it cannot. `onArrival` is
 * called as in ReadOptions, for each try.
 */
export type PageReader = (query: PageQuery, onArrival?: () => void) => Promise<CatalogPage>;

/**
 * A reader of one kind's pages over a client, with its retries and at its pace: what a walk is given.
 *
 * @param options all that readWithRetries takes but for the pacer, which is the client's; and the lists that are known
 */
export function createPageReader(
  client: CatalogClient,
  kind: Kind,
  { known, ...options }: Omit<RetryOptions, 'pacer'> & Pick<ReadOptions, 'known'>,
): PageReader {
  const retryOptions = { ...options, pacer: client.pacer };
  const readOptions = { signal: options.signal, known };
  return (query, onArrival) =>
    readWithRetries(() => client.readPage(kind, query, { ...readOptions, onArrival }), retryOptions);
}
