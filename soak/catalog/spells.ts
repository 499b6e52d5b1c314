import type { FailureClass } from '../../src/catalog/failure.ts';
import type { Act } from '../../src/fake/misbehaviour.ts';
import type { FakeRequest } from '../../src/fake/server.ts';

/** A fault of the catalog that lasts: which requests it befalls, and what they get instead of a page. */
export interface Spell {
  readonly befalls: (request: FakeRequest) => boolean;
  readonly answer: () => { readonly errorClass: FailureClass; readonly act: Act };
}

/** The spells that are cast now. */
export class Spells {
  readonly #cast = new Set<Spell>();

  /** Returns the function that lifts it. */
  cast(spell: Spell): () => void {
    this.#cast.add(spell);
    return () => {
      this.#cast.delete(spell);
    };
  }

  /** What the first spell that befalls this request has for it; undefined where none does. */
  answer(request: FakeRequest): ReturnType<Spell['answer']> | undefined {
    for (const spell of this.#cast) if (spell.befalls(request)) return spell.answer();
    return undefined;
  }
}
