import type { CatalogPage, PageItem } from '../../src/catalog/page.ts';
import { type Instant, parseInstant } from '../../src/catalog/timestamp.ts';

/** One item of the modelled list. */
export interface Listed {
  readonly id: string;
  /** Seconds: where the item stands in a sorted list. */
  readonly at: number;
}

/** In what order a server lists: every kind that a real one has been seen to have. */
export type Order =
  /** By created_at, ties in one fixed order. */
  | 'sorted'
  /** By created_at, but ties fall differently on every page, and in the same way each time: PostgreSQL without a
   * second sort key. */
  | 'ties by page'
  /** In one fixed order that is not by created_at. */
  | 'unsorted'
  /** In another order each time. */
  | 'shuffled';

/** Something that happens to the list while it is read, before the read of that number (from 1). */
export interface Change {
  readonly beforeRead: number;
  /** An upgrade is an arrival and the removal of the version before it, in one step. */
  readonly what: 'remove' | 'arrive' | 'arrive in the middle' | 'swap' | 'upgrade';
  /** Which item, from 0, as a number that is taken modulo the list's length. */
  readonly which: number;
}

export interface ListOptions {
  readonly items: readonly Listed[];
  readonly order?: Order;
  readonly changes?: readonly Change[];
  /** The most items a page may hold: a larger limit is clamped. */
  readonly maxLimit?: number;
  /** `total` and `has_next` are of the moment before the changes of the same read, or after them. */
  readonly totalsOf?: 'before' | 'after';
  /** How an item is written; default `goodItem`. */
  readonly write?: (item: Listed) => PageItem;
}

export function listed(count: number, at: (n: number) => number = (n) => n): Listed[] {
  return Array.from({ length: count }, (_, index) => ({ id: idNumber(index + 1), at: at(index + 1) }));
}

export function idNumber(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

export function instantOf(seconds: number): Instant {
  const instant = parseInstant(new Date(Date.UTC(2024, 0, 1) + seconds * 1000).toISOString());
  if (instant === null) throw new Error(`${seconds} is no moment`);
  return instant;
}

export function goodItem({ id, at }: Listed): PageItem {
  return itemAt(id, instantOf(at));
}

export function itemAt(id: string, createdAt: Instant): PageItem {
  return {
    ok: true,
    record: {
      id,
      name: `acme/${id}`,
      version: '1',
      framework: 'safetensors',
      isPublic: false,
      downloadCount: 0,
      origin: null,
      createdAt,
      extra: {},
    },
  };
}

export function badItem(id: string | null, at: number | null): PageItem {
  const createdAt = at === null ? null : instantOf(at);
  return {
    ok: false,
    bad: { id, createdAt, downloadCount: null, problems: [{ field: 'name', reason: 'is missing' }], source: '{}' },
  };
}

export function pageAnswer(answer: Partial<CatalogPage> & Pick<CatalogPage, 'items'>): CatalogPage {
  return {
    page: 1,
    limit: 10,
    total: answer.items.length,
    totalPages: 1,
    hasNext: false,
    hasPrevious: false,
    arrivedAt: new Date('2025-01-01T03:00:00Z'),
    ...answer,
  };
}

/** A server over a list that changes while it is read, and remembers who was there all the time. */
export class ModelList {
  reads = 0;
  readonly #options: ListOptions;
  readonly #initial: ReadonlySet<string>;
  readonly #removed = new Set<string>();
  #items: Listed[];
  #born: number;

  constructor(options: ListOptions) {
    this.#options = options;
    this.#items = [...options.items];
    this.#initial = new Set(this.#items.map(({ id }) => id));
    this.#born = options.items.length;
  }

  /** The ids that were listed from the first read to now without a gap. */
  presentThroughout(): readonly string[] {
    return [...this.#initial].filter((id) => !this.#removed.has(id));
  }

  ids(): readonly string[] {
    return this.#items.map(({ id }) => id);
  }

  read(page: number, limit: number): CatalogPage {
    this.reads += 1;
    const size = Math.min(limit, this.#options.maxLimit ?? 200);
    const before = this.#items.length;
    for (const change of this.#options.changes ?? []) if (change.beforeRead === this.reads) this.#apply(change);
    const total = this.#options.totalsOf === 'before' ? before : this.#items.length;
    const items = this.#ordered(page).slice((page - 1) * size, page * size);
    return pageAnswer({
      page,
      limit: size,
      total,
      totalPages: Math.ceil(total / size),
      hasNext: page * size < total,
      hasPrevious: page > 1,
      items: items.map(this.#options.write ?? goodItem),
    });
  }

  #ordered(page: number): readonly Listed[] {
    const byTime = (tie: (item: Listed) => number): readonly Listed[] =>
      [...this.#items].sort((a, b) => a.at - b.at || tie(a) - tie(b));
    switch (this.#options.order ?? 'sorted') {
      case 'sorted':
        return byTime(() => 0);
      case 'ties by page':
        return byTime(({ id }) => scatter(id, page));
      case 'unsorted':
        return this.#items;
      case 'shuffled':
        return [...this.#items].sort((a, b) => scatter(a.id, this.reads) - scatter(b.id, this.reads));
    }
  }

  #apply({ what, which }: Change): void {
    const at = this.#items.length === 0 ? 0 : which % this.#items.length;
    if (what === 'upgrade') {
      this.#apply({ beforeRead: this.reads, what: 'arrive', which });
      this.#apply({ beforeRead: this.reads, what: 'remove', which });
    } else if (what === 'remove') {
      for (const { id } of this.#items.splice(at, 1)) this.#removed.add(id);
    } else if (what === 'swap') {
      const other = (at + 1) % Math.max(1, this.#items.length);
      const [a, b] = [this.#items[at], this.#items[other]];
      if (a !== undefined && b !== undefined) {
        this.#items[at] = b;
        this.#items[other] = a;
      }
    } else {
      this.#born += 1;
      const latest = Math.max(0, ...this.#items.map((item) => item.at));
      const place = what === 'arrive' ? latest + 1 : (this.#items[at]?.at ?? 0);
      this.#items.splice(what === 'arrive' ? this.#items.length : at, 0, { id: idNumber(this.#born), at: place });
    }
  }
}

/** A number that depends on both in no simple way, and is always the same for the same two. */
function scatter(id: string, salt: number): number {
  let hash = salt * 2654435761;
  for (const character of id) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return hash >>> 0;
}
