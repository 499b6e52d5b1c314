/** A stream of numbers that looks random and is the same whenever it is made from the same seed. */
export interface Random {
  /** The next number: at least 0, below 1. */
  next(): number;
  /** The next whole number: at least 0, below `count`; 0 where `count` is 0. */
  below(count: number): number;
  /** Whether something that happens with this probability (0 to 1) happens this time. */
  chance(probability: number): boolean;
}

/**
 * Mulberry32, by Tommy Ettinger (2017, public domain): 32 bits of state, quick, and good enough to move a list. Not
 * for secrets.
 *
 * @param seed any whole number; its lowest 32 bits count
 */
export function mulberry32(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (count) => Math.floor(next() * count),
    chance: (probability) => next() < probability,
  };
}

/**
 * A number of 32 bits that depends on both in no simple way and is always the same for the same two: the finalizer of
 * MurmurHash3 (Austin Appleby, public domain) over their mix. For one `salt`, different numbers of 32 bits always give
 * different results.
 */
export function scatter(number: number, salt: number): number {
  let hash = number ^ Math.imul(salt, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
