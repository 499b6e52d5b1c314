import type { MovingList } from '../../src/fake/adversary/moving-list.ts';
import type { Ledger } from './ledger.ts';

/** Keeps the moment of every read of a moving list, so that its history can be told by the clock. */
export class MovingTruth {
  readonly list: MovingList;
  readonly #readAt: number[] = [];

  constructor(list: MovingList) {
    this.list = list;
  }

  /** To be told before each read. */
  willRead(): void {
    this.#readAt[this.list.reads + 1] = Date.now();
  }

  /** Writes into the ledger who was listed when. To be told once, when the list rests. */
  tell(ledger: Ledger): void {
    const history = this.list.history();
    const isLater = new Set<string>();
    const beginning = new Set(this.list.items().map(({ id }) => id));
    for (const { what, id } of history) {
      if (id === null) continue;
      if (what === 'arrived' && !isLater.has(id)) isLater.add(id);
      else beginning.add(id);
    }
    for (const id of beginning) if (!isLater.has(id)) ledger.listed(id, Number.NEGATIVE_INFINITY);
    for (const { what, id, beforeRead } of history) {
      if (id === null) continue;
      const at = this.#readAt[beforeRead] ?? Date.now();
      if (what === 'arrived' || what === 'returned') ledger.listed(id, at);
      if (what === 'removed' || what === 'superseded' || what === 'recreated' || what === 'flickered') {
        ledger.unlisted(id, at);
      }
    }
  }
}
