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

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/**
 * How large a part is of the greatest one, as a bar that is at most `width` columns long: `███▌`. To an eighth of a
 * column; anything above zero is seen.
 *
 * @param fraction of the greatest; below 0 counts as 0, above 1 as 1
 */
export function shareBar(fraction: number, width: number): string {
  const share = clamp(fraction);
  const eighths = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
