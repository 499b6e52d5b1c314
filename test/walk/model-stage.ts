import type { CatalogPage, PageItem } from '../../src/catalog/page.ts';
import type { Instant } from '../../src/catalog/timestamp.ts';
import { coverOf, type Gap, isCovered } from '../../src/walk/cover.ts';
import { createdAtOf, idOf, type PageSummary } from '../../src/walk/page-summary.ts';
import type { Unlisted, WalkPorts } from '../../src/walk/ports.ts';
import { commonStretch, type Overlap, type Seam } from '../../src/walk/seams.ts';

/** An artifact of the run's scope, as it is mirrored before the walk. */
export interface Known {
  readonly id: string;
  readonly createdAt: Instant;
}

interface Staged {
  readonly summary: PageSummary;
  readonly items: readonly PageItem[];
}

/** The staging tables and what is asked of them, in memory and without cleverness; outlives a walk as they do. */
export class ModelStage {
  readonly pages: PageSummary[] = [];
  readonly #reads: Staged[] = [];
  /** What no read has listed so far. */
  readonly #unlisted: Map<string, Instant>;
  /** The ids of each reading, and of all reads together. */
  readonly #ids = new Map<number | null, Set<string>>([[null, new Set()]]);

  constructor(known: readonly Known[]) {
    this.#unlisted = new Map(known.map(({ id, createdAt }) => [id, createdAt]));
  }

  put(summary: PageSummary, answer: CatalogPage): void {
    this.pages.push(summary);
    this.#reads.push({ summary, items: answer.items });
    const ofPass = this.#ids.get(summary.pass) ?? new Set<string>();
    this.#ids.set(summary.pass, ofPass);
    for (const item of answer.items) {
      const [id, createdAt] = [idOf(item), createdAtOf(item)];
      if (id !== null) {
        ofPass.add(id);
        this.#ids.get(null)?.add(id);
        this.#unlisted.delete(id);
      } else if (createdAt !== null) {
        for (const [known, place] of this.#unlisted) if (place === createdAt) this.#unlisted.delete(known);
      }
    }
  }

  /** How many different ids a reading listed; null: all reads together. */
  distinct(pass: number | null): number {
    return this.#ids.get(pass)?.size ?? 0;
  }

  /** What any read listed. */
  listed(): ReadonlySet<string> {
    return this.#ids.get(null) ?? new Set();
  }

  /** What any read listed, with its place. */
  seen(): readonly Known[] {
    return this.#reads.flatMap(({ items }) =>
      items.flatMap((item) => {
        const [id, createdAt] = [idOf(item), createdAtOf(item)];
        return id === null || createdAt === null ? [] : [{ id, createdAt }];
      }),
    );
  }

  /** What a complete verdict would end. */
  unlisted(): readonly string[] {
    return [...this.#unlisted.keys()];
  }

  unlistedWithin(gaps: readonly Gap[]): Unlisted {
    const places = [...this.#unlisted.values()].filter((place) =>
      gaps.some(({ from, to }) => (from === null || from <= place) && (to === null || place <= to)),
    );
    return { count: places.length, places: [...new Set(places)].sort().slice(0, 1_000) };
  }

  overlap({ left, right }: Seam): Overlap {
    const stretch = commonStretch(left, right);
    if (stretch === null) return { shared: 0, apart: 0 };
    const [one, other] = [left, right].map(({ asked }) => {
      const items = this.#reads.find(({ summary }) => summary.asked === asked)?.items ?? [];
      return new Map(items.flatMap((item) => (idOf(item) === null ? [] : [[idOf(item), createdAtOf(item)]])));
    });
    const figures = { shared: 0, apart: 0 };
    for (const id of new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])) {
      const place = one?.get(id) ?? other?.get(id) ?? null;
      if (place === null || place < stretch.from || place > stretch.to) continue;
      if (one?.has(id) && other?.has(id)) figures.shared += 1;
      else if (place !== stretch.from && place !== stretch.to) figures.apart += 1;
    }
    return figures;
  }

  showsChange(): boolean {
    return this.#reads.some((one) =>
      this.#reads.some(
        (other) =>
          one !== other &&
          (one.summary.pass === null || other.summary.pass === null) &&
          isContradicted(one.items, other),
      ),
    );
  }
}

/** Whether one of the items should be on the other page, by what that one covers, and is not. */
function isContradicted(items: readonly PageItem[], other: Staged): boolean {
  const cover = coverOf(other.summary);
  if (cover === null) return false;
  const there = new Set(other.items.map(idOf));
  return items.some((item) => {
    const [id, place] = [idOf(item), createdAtOf(item)];
    return id !== null && place !== null && isCovered(place, cover) && !there.has(id);
  });
}

/** Ports over a way to read and a stage; `delays` are microtasks before and after each read, so that answers overlap. */
export function modelPorts(
  read: (page: number, limit: number) => CatalogPage | Promise<CatalogPage>,
  stage: ModelStage,
  delays: readonly number[] = [],
): WalkPorts {
  let calls = 0;
  const pause = async (): Promise<void> => {
    calls += 1;
    for (let left = delays[calls % Math.max(1, delays.length)] ?? 0; left > 0; left--) await Promise.resolve();
  };
  return {
    async readPage(page, limit, onArrival) {
      await pause();
      const answer = await read(page, limit);
      onArrival();
      await pause();
      return answer;
    },
    stage: async (summary, answer) => stage.put(summary, answer),
    mayReadAhead: () => true,
    distinctIds: async (pass) => stage.distinct(pass),
    unlisted: async () => stage.unlisted().length,
    unlistedWithin: async (gaps) => stage.unlistedWithin(gaps),
    overlap: async (seam) => stage.overlap(seam),
    showsChange: async () => stage.showsChange(),
    inVain: () => false,
  };
}
