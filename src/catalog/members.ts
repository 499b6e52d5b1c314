/** So many numbers tell where a member stands. */
const NUMBERS = 4;
/** Enough for 200 items of 20 members. */
const AT_FIRST = 4_000;

/**
 * Where the members of the items of an answer stand in its bytes, in their order: to see them is to know it, and to look
 * for them again would take as long. Numbers only: an object for each of thousands would have to be collected.
 */
export class Members {
  #positions = new Int32Array(AT_FIRST * NUMBERS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Positions half open; those of the key with its quotes. */
  add(keyAt: number, keyEnd: number, valueAt: number, valueEnd: number): void {
    const at = this.#count * NUMBERS;
    if (at === this.#positions.length) this.#grow();
    const positions = this.#positions;
    positions[at] = keyAt;
    positions[at + 1] = keyEnd;
    positions[at + 2] = valueAt;
    positions[at + 3] = valueEnd;
    this.#count += 1;
  }

  keyAt(member: number): number {
    return this.#positions[member * NUMBERS] ?? 0;
  }

  keyEnd(member: number): number {
    return this.#positions[member * NUMBERS + 1] ?? 0;
  }

  valueAt(member: number): number {
    return this.#positions[member * NUMBERS + 2] ?? 0;
  }

  valueEnd(member: number): number {
    return this.#positions[member * NUMBERS + 3] ?? 0;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#positions.length);
    larger.set(this.#positions);
    this.#positions = larger;
  }
}
