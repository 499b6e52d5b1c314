import { displayWidth, padToWidth } from './width.ts';

/**
 * Puts two blocks of lines next to each other, the right one `gap` columns after the widest line of the left one.
 *
 * @param left lines each ended by a line feed, as the other renderers return them
 * @param right likewise
 */
export function sideBySide(left: string, right: string, gap = 4): string {
  const leftLines = linesOf(left);
  const rightLines = linesOf(right);
  const width = Math.max(0, ...leftLines.map(displayWidth)) + gap;
  return Array.from({ length: Math.max(leftLines.length, rightLines.length) }, (_, index) => {
    const rest = rightLines[index] ?? '';
    const start = leftLines[index] ?? '';
    return `${rest === '' ? start : padToWidth(start, width) + rest}\n`;
  }).join('');
}

function linesOf(block: string): string[] {
  return block === '' ? [] : block.replace(/\n$/, '').split('\n');
}
