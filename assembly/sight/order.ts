/** What the places of the items seen so far come to, as far as they are written as usual. */
let items: i32 = 0;
let areUsual = true;
let doAscend = true;
let last: i64 = 0;
let earliest: i32 = 0;
let latest: i32 = 0;
let earliestAt: i64 = 0;
let latestAt: i64 = 0;

export function forgetOrder(): void {
  items = 0;
  areUsual = true;
  doAscend = true;
}

/** @param at in microseconds since 1970, if it is written as usual */
export function addPlace(isUsual: bool, at: i64): void {
  if (!isUsual) areUsual = false;
  if (items === 0 || at < earliestAt) {
    earliest = items;
    earliestAt = at;
  }
  if (items === 0 || at > latestAt) {
    latest = items;
    latestAt = at;
  }
  if (items > 0 && at < last) doAscend = false;
  last = at;
  items += 1;
}

/** How many items were seen. */
export function seenItems(): i32 {
  return items;
}

/** Whether all places are written as usual: the others are not true where one is not. */
export function seenAreUsual(): bool {
  return areUsual;
}

/** Whether they ascend, not strictly. */
export function seenDoAscend(): bool {
  return doAscend;
}

/** Which item has the earliest place, from 0 on. */
export function seenEarliest(): i32 {
  return earliest;
}

export function seenLatest(): i32 {
  return latest;
}
