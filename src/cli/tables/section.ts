import { formatCount } from '../../terminal/format.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { wrapToWidth } from '../../terminal/width.ts';

/**
 * A table under its title, and below it how many rows it leaves out.
 *
 * @param table lines, each ended by a line feed
 * @param more how many rows `--limit` left out
 */
export function renderSection(title: string, table: string, more: number, { width, colours }: TableOptions): string {
  const heading = wrapToWidth(title, width).map((line) => `${colours.strong(line)}\n`);
  const rest = more === 0 ? '' : `${colours.faint(`and ${formatCount(more)} more: --limit`)}\n`;
  return `${heading.join('')}${table}${rest}`;
}
