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

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/**
 * A magnitude as a bar of up to `width` columns, to an eighth of a column, without a track: for comparing rows. What is
 * above nothing is never drawn as nothing.
 *
 * @param greatest the magnitude that fills the width
 */
export function magnitudeBar(value: number, greatest: number, width: number): string {
  if (!(value > 0) || !(greatest > 0)) return '';
  const eighths = Math.max(1, Math.round(clamp(value / greatest) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

function clamp(fraction: number): number {
  return Number.isNaN(fraction) ? 0 : Math.min(1, Math.max(0, fraction));
}
