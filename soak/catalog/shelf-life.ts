import type { Random } from '../../src/fake/adversary/random.ts';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import type { FakeCatalog } from '../../src/fake/server.ts';
import type { Ledger } from './ledger.ts';

/**
 * What makes a record break the contract, each in its way; the id stays readable. None touches is_public: it decides
 * whether others list the item at all.
 */
const SPOILED: readonly FakeArtifact[] = [
  { version: null },
  { download_count: -1 },
  { download_count: 1.5 },
  { framework: 'a\u0000b' },
  { version: '\ud800' },
  { name: 'x'.repeat(1_025) },
  { name: null },
];

/** Changes before each tick: an item's counter rises, one arrives, one goes, a version follows another, a field changes. */
const RISES_PER_TICK = 6;
const CHANCE = { arrive: 0.15, remove: 0.05, supersede: 0.08, change: 0.1, reset: 0.02 } as const;
const FEWEST = 20;

/** One listing of the fake catalog that lives: its items come, go, change and are downloaded. */
export class ShelfLife {
  readonly #catalog: FakeCatalog;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly organization: string;
  readonly kind: string;
  /** What each item is when nothing spoils it. */
  readonly #whole = new Map<string, FakeArtifact>();
  readonly #spoiled = new Set<string>();
  readonly #away: FakeArtifact[] = [];
  #born = 0;

  constructor(
    catalog: FakeCatalog,
    ledger: Ledger,
    random: Random,
    listing: { readonly organization: string; readonly kind: string; readonly items: number; readonly bad: number },
  ) {
    this.#catalog = catalog;
    this.#ledger = ledger;
    this.#random = random;
    this.organization = listing.organization;
    this.kind = listing.kind;
    catalog.setOrganization(listing.organization, { [listing.kind]: [] });
    for (let count = 0; count < listing.items; count += 1) this.#arrive();
    for (const id of [...this.#whole.keys()].slice(0, listing.bad)) this.#spoil(id, count(id));
  }

  /** What the mirror has to show once it has read this listing in peace, by id. */
  expected(): ReadonlyMap<string, FakeArtifact> {
    return new Map([...this.#whole].filter(([id]) => !this.#spoiled.has(id)));
  }

  /** How many records are bad now. */
  get spoiled(): number {
    return this.#spoiled.size;
  }

  /** Some time passes. */
  tick(): void {
    const ids = [...this.#whole.keys()].filter((id) => !this.#spoiled.has(id));
    const any = (): string => ids[this.#random.below(ids.length)] ?? '';
    for (let rise = 0; rise < RISES_PER_TICK; rise += 1) this.#count(any(), this.#random.below(50));
    if (this.#random.chance(CHANCE.arrive)) this.#arrive();
    if (this.#random.chance(CHANCE.change))
      this.#change(any(), { framework: `framework-${this.#random.below(1_000)}` });
    if (this.#random.chance(CHANCE.reset)) this.#count(any(), Number.NEGATIVE_INFINITY);
    if (ids.length <= FEWEST) return;
    if (this.#random.chance(CHANCE.remove)) this.#remove(any());
    if (this.#random.chance(CHANCE.supersede)) this.#supersede(any());
  }

  /** All counters rise, so that every item has something to say on the next day. */
  everyCounterRises(): void {
    for (const id of this.expected().keys()) this.#count(id, 1 + this.#random.below(100));
  }

  /** A share of the items goes together, until `bringBack()`. */
  sendAway(share: number): void {
    for (const id of [...this.expected().keys()]) {
      const item = this.#whole.get(id);
      if (item === undefined || !this.#random.chance(share)) continue;
      this.#remove(id);
      this.#away.push(item);
    }
  }

  bringBack(): void {
    for (const item of this.#away.splice(0)) this.#put(item);
  }

  /** Some records break the contract, until the function that is returned mends them. */
  spoilSome(most: number): () => void {
    const ids = [...this.expected().keys()].filter(() => this.#random.chance(0.2)).slice(0, most);
    for (const id of ids) this.#spoil(id, this.#random.below(SPOILED.length));
    return () => {
      for (const id of ids) this.#mend(id);
    };
  }

  #arrive(as?: { readonly name: string; readonly version: string }): void {
    this.#born += 1;
    const number = this.#born;
    const moment = Date.now();
    this.#put({
      id: idOf(this.organization, this.kind, number),
      name: as?.name ?? `${this.organization}/${this.kind}-${number}`,
      version: as?.version ?? '1.0.0',
      framework: 'safetensors',
      is_public: true,
      download_count: this.#random.below(10_000),
      origin: null,
      // Two in three share a moment with their neighbour, to the microsecond.
      created_at: new Date(Date.UTC(2024, 0, 1) + Math.ceil(number / 3) * 1_000).toISOString(),
      seen_at: new Date(moment).toISOString().slice(0, 10),
    });
  }

  #put(item: FakeArtifact): void {
    const id = String(item['id']);
    this.#whole.set(id, item);
    this.#catalog.put(this.organization, item, this.kind);
    this.#ledger.listed(id, Date.now());
    this.#ledger.counted(id, Number(item['download_count']));
  }

  #remove(id: string): void {
    if (!this.#whole.delete(id)) return;
    this.#catalog.remove(this.organization, id, this.kind);
    this.#ledger.unlisted(id, Date.now());
  }

  #supersede(id: string): void {
    const item = this.#whole.get(id);
    if (item === undefined) return;
    this.#remove(id);
    this.#arrive({ name: String(item['name']), version: `1.${this.#born}.0` });
  }

  #change(id: string, fields: FakeArtifact): void {
    const item = this.#whole.get(id);
    if (item !== undefined) this.#put({ ...item, ...fields });
  }

  /** Adds to a counter; minus infinity sets it back. */
  #count(id: string, more: number): void {
    const before = Number(this.#whole.get(id)?.['download_count'] ?? 0);
    this.#change(id, { download_count: more < 0 ? Math.floor(before / 2) : before + more });
  }

  #spoil(id: string, how: number): void {
    this.#spoiled.add(id);
    this.#catalog.update(this.organization, id, SPOILED[how % SPOILED.length] ?? {}, this.kind);
  }

  #mend(id: string): void {
    const item = this.#whole.get(id);
    this.#spoiled.delete(id);
    if (item !== undefined) this.#put(item);
  }
}

/** A number that depends on an id alone. */
function count(id: string): number {
  return Number.parseInt(id.slice(-4), 16);
}

function idOf(organization: string, kind: string, number: number): string {
  const own = Buffer.from(`${kind.slice(0, 1)}${organization}`.padEnd(4, '_').slice(0, 4)).toString('hex');
  return `${own}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
