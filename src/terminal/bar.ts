/**
 * How far something is, as a line of `width` columns: `━━━━╸───`. To half a column; full only when it is done.
 *
 * @param fraction of the whole; below 0 counts as 0, above 1 as 1
 */
export function progressBar(fraction: number, width: number): string {
  const halves = Math.floor(clamp(fraction) * width * 2);
  const full = Math.floor(halves / 2);
  const half = halves % 2 === 1 ? '╸' : '';
  return `${'━'.repeat(full)}${half}${'─'.repeat(width - full - half.length)}`;
}

function clamp(fraction: number): number {
  return Number.isNaN(fraction) ? 0 : Math.min(1, Math.max(0, fraction));
}
