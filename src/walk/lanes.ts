/** Pages `from` to `to`, both included. */
export interface Lane {
  readonly from: number;
  readonly to: number;
}

/** Cuts the pages `from` to `to` into at most `count` lanes of about equal length, in page order. */
export function lanesOf(from: number, to: number, count: number): readonly Lane[] {
  const pages = to - from + 1;
  if (pages <= 0) return [];
  const lanes = Math.min(count, pages);
  const begin = (lane: number): number => from + Math.floor((lane * pages) / lanes);
  return Array.from({ length: lanes }, (_, lane) => ({ from: begin(lane), to: begin(lane + 1) - 1 }));
}
