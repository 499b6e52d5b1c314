import type { ItemRecords } from './item-records.ts';
import type { Instant } from './timestamp.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Whether what JSON.parse gave is an object and no list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One item of the list that keeps the contract: one version of one named artifact. */
export interface CatalogRecord {
  /** Lower-case uuid. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly framework: string;
  readonly isPublic: boolean;
  /** 0 to 2^53-1, exact. */
  readonly downloadCount: number;
  readonly origin: JsonObject | null;
  readonly createdAt: Instant;
  /** The fields the contract does not know, kept as they came. */
  readonly extra: JsonObject;
}

/** One item of the list that breaks the contract. What could be read of it all the same is kept: design section 3. */
export interface BadRecord {
  readonly id: string | null;
  readonly createdAt: Instant | null;
  readonly downloadCount: number | null;
  /** Every field that was wrong, and why; never empty. */
  readonly problems: readonly { readonly field: string; readonly reason: string }[];
  /** The item's source text exactly as received. */
  readonly source: string;
}

export type PageItem =
  | { readonly ok: true; readonly record: CatalogRecord }
  | { readonly ok: false; readonly bad: BadRecord };

/** What is seen of the items of a list without reading them, in their order. */
export interface SightedItems {
  readonly count: number;
  /** As PostgreSQL keeps them, 16 bytes each. */
  readonly ids: Buffer;
  /** Of all that was received of each, its counter included: equal digests, equal items. 16 bytes each. */
  readonly digests: Buffer;
  /** The earliest and the latest created_at; null where there are no items. */
  readonly earliest: Instant | null;
  readonly latest: Instant | null;
}

/** What a list of items comes to. */
export interface ListSummary {
  readonly items: number;
  /** The first and the last created_at; null where there are no items. */
  readonly first: Instant | null;
  readonly last: Instant | null;
  /** Whether the created_at ascend, not strictly. */
  readonly ascending: boolean;
  /** A digest of the ids in their order: equal lists have equal digests. */
  readonly ids: string;
}

/**
 * A record that keeps the contract, as it was received: its fields are in their usual form, and nothing is in it that
 * PostgreSQL would not take for what JSON.parse makes of it. What it says is what CatalogRecord says of the same item.
 */
export interface PlainItem {
  /** Of the answer. */
  readonly bytes: Buffer;
  /** Of all items of the answer, among which this one has a place. */
  readonly records: ItemRecords;
  readonly digests: Buffer;
  readonly place: number;
}

/** What an earlier run has learnt of a list of items, all of which stood in the mirror just so when it was over. */
export interface KnownList extends Pick<ListSummary, 'items' | 'ids'> {
  /** Those between ascend, not strictly. */
  readonly first: Instant;
  readonly last: Instant;
  /** The run that says so. */
  readonly runId: string;
}

/** The lists that are known, by the digest of their bytes. */
export type KnownLists = ReadonlyMap<string, KnownList>;

/** The items of an answer as long as nobody has read them. */
export interface Unread {
  /** What they take in memory, in bytes. */
  readonly size: number;
  /** A digest of the bytes of the list. */
  readonly list: string;
  /** Null where the list is not known. Whether its items still stand in the mirror is another question. */
  readonly known: KnownList | null;
  readonly summary: ListSummary;
  /** Those of a known list are looked for only when somebody asks. */
  readonly sighted: SightedItems;
  /** The bytes of the list, by which it can be read again (readListAgain); null where they must not be kept. */
  readonly bytes: Buffer | null;
  /** Reads one of them, by its place from 0 on. */
  read(place: number): PageItem;
  /** One of them as it stands in its bytes; null where it must be read to be understood, or tells the secret. */
  plain(place: number): PlainItem | null;
}

/** One answer of the list endpoint, parsed. */
export interface CatalogPage {
  readonly page: number;
  /** The limit as answered: a server may clamp what was asked for. */
  readonly limit: number;
  readonly total: number;
  readonly totalPages: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  /** Where `unread` is there, they are read only when somebody asks for them. */
  readonly items: readonly PageItem[];
  /** Null or missing where the items had to be read to be understood. */
  readonly unread?: Unread | null;
  /** When the answer had arrived, by the clock that was passed in. */
  readonly arrivedAt: Date;
}

export type SortColumn = 'name' | 'created_at' | 'updated_at' | 'file_size_bytes';
export type SortDirection = 'asc' | 'desc';

/** One request to the list endpoint: all five query parameters of the contract. */
export interface PageQuery {
  readonly organization: string;
  readonly sortBy: SortColumn;
  readonly sortDir: SortDirection;
  /** 1-indexed. */
  readonly page: number;
  /** Items per page. */
  readonly limit: number;
  readonly includePublic: boolean;
}
