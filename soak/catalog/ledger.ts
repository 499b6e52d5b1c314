import type { FailureClass } from '../../src/catalog/failure.ts';

/** `models/acme` */
export type Listing = string;

export function listingOf(organization: string, kind: string): Listing {
  return `${kind}/${organization}`;
}

/** One answer of the catalog, as the catalog knows it. */
export interface GivenAnswer {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly listing: Listing;
  readonly page: number;
  readonly limit: number;
  /** The class of the fault that was given instead of a page; null for a page. */
  readonly fault: FailureClass | null;
  /** Whether the page said that another follows; false for a fault. */
  readonly hasNext: boolean;
}

/** From a moment on, until another one where it is over; milliseconds since 1970. */
interface Stretch {
  readonly from: number;
  to: number | null;
}

/**
 * The catalog's own account of what was true when: who was listed, which counters were shown, what was answered. The
 * checks hold the mirror against it.
 */
export class Ledger {
  readonly answers: GivenAnswer[] = [];
  readonly #listed = new Map<string, Stretch[]>();
  readonly #counters = new Map<string, Set<number>>();

  answered(answer: GivenAnswer): void {
    this.answers.push(answer);
  }

  listed(id: string, at: number): void {
    const stretches = this.#listed.get(id) ?? [];
    if (stretches.at(-1)?.to !== null) stretches.push({ from: at, to: null });
    this.#listed.set(id, stretches);
  }

  unlisted(id: string, at: number): void {
    const last = this.#listed.get(id)?.at(-1);
    if (last !== undefined && last.to === null) last.to = at;
  }

  /** Whether an artifact was listed at every moment between the two. */
  wasListedThroughout(id: string, from: number, to: number): boolean {
    return (this.#listed.get(id) ?? []).some(
      (stretch) => stretch.from <= from && (stretch.to === null || stretch.to >= to),
    );
  }

  counted(id: string, count: number): void {
    const shown = this.#counters.get(id) ?? new Set();
    shown.add(count);
    this.#counters.set(id, shown);
  }

  /** Whether the catalog ever showed this counter; null where it tells no counters of this artifact. */
  wasCounted(id: string, count: number): boolean | null {
    return this.#counters.get(id)?.has(count) ?? null;
  }
}
