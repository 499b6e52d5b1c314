import { inspect } from 'node:util';

const SHOWN = '[set]';

/**
 * A value that must not be shown (design section 6: a secret never reaches a log, an error, a letter or a page).
 * However it is printed, it reads `[set]`; only `reveal()` gives it away, where it is used.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that sends it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
