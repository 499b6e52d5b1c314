import { type FakeArtifact, type ListingQuery, sortListing } from './listing.ts';

/** What one organization lists, by kind: `{ models: [...], datasets: [...] }`, in order of insertion. */
export type FakeListings = Readonly<Record<string, readonly FakeArtifact[]>>;

/**
 * The artifacts of a fake catalog, by organization and kind. Keeps each sorted list until something changes, so that
 * a walk over many pages sorts once.
 */
export class Shelf {
  readonly #listings = new Map<string, Map<string, FakeArtifact[]>>();
  readonly #sorted = new Map<string, readonly FakeArtifact[]>();

  constructor(organizations: Readonly<Record<string, FakeListings>>) {
    for (const [organization, listings] of Object.entries(organizations)) this.setOrganization(organization, listings);
  }

  has(organization: string): boolean {
    return this.#listings.has(organization);
  }

  setOrganization(organization: string, listings: FakeListings): void {
    this.#listings.set(organization, new Map(Object.entries(listings).map(([kind, items]) => [kind, [...items]])));
    this.#sorted.clear();
  }

  removeOrganization(organization: string): void {
    this.#listings.delete(organization);
    this.#sorted.clear();
  }

  /** The items of one organization and kind, in order of insertion. */
  items(organization: string, kind: string): readonly FakeArtifact[] {
    return this.#listings.get(organization)?.get(kind) ?? [];
  }

  /** Replaces the item with the same `id` where it stands, or appends. */
  put(organization: string, kind: string, artifact: FakeArtifact): void {
    const items = this.#mutable(organization, kind);
    const id = artifact['id'];
    const at = id === undefined ? -1 : items.findIndex((item) => item['id'] === id);
    if (at < 0) items.push(artifact);
    else items[at] = artifact;
  }

  /** Says whether there was such an item. */
  remove(organization: string, kind: string, id: string): boolean {
    const items = this.#mutable(organization, kind);
    const at = items.findIndex((item) => item['id'] === id);
    if (at < 0) return false;
    items.splice(at, 1);
    return true;
  }

  /** What a listing of `organization` holds for this query, sorted; with `includePublic` others' public items too. */
  sorted(organization: string, kind: string, query: ListingQuery): readonly FakeArtifact[] {
    const key = JSON.stringify([organization, kind, query.sortBy, query.sortDir, query.includePublic]);
    const known = this.#sorted.get(key);
    if (known !== undefined) return known;
    const items = [...this.items(organization, kind)];
    if (query.includePublic) {
      for (const other of this.#listings.keys()) {
        if (other === organization) continue;
        for (const item of this.items(other, kind)) if (item['is_public'] === true) items.push(item);
      }
    }
    const sorted = sortListing(items, query.sortBy, query.sortDir);
    this.#sorted.set(key, sorted);
    return sorted;
  }

  #mutable(organization: string, kind: string): FakeArtifact[] {
    this.#sorted.clear();
    let listings = this.#listings.get(organization);
    if (listings === undefined) {
      listings = new Map();
      this.#listings.set(organization, listings);
    }
    let items = listings.get(kind);
    if (items === undefined) {
      items = [];
      listings.set(kind, items);
    }
    return items;
  }
}
