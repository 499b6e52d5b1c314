const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const GAP = '·';

/**
 * A row of numbers as one column each: `▁▂▅█·▃`. Heights are in proportion to the greatest, counted from zero, so that a
 * steady row looks steady; a null is a gap, seen as `·`, never a zero. Anything above zero stands out from zero.
 */
export function sparkline(values: readonly (number | null)[]): string {
  const greatest = Math.max(0, ...values.map((value) => value ?? 0));
  return values
    .map((value) => {
      if (value === null) return GAP;
      if (value <= 0 || greatest === 0) return LEVELS[0];
      const level = Math.round((value / greatest) * (LEVELS.length - 1));
      return LEVELS[Math.max(1, level)] ?? GAP;
    })
    .join('');
}
