import { formatCount } from '../../terminal/format.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { wrapToWidth } from '../../terminal/width.ts';

/**
 * A table under its title, and below it how many rows `--limit` left out.
 *
 * @param table lines, each ended by a line feed
 * @param rows how many there are, and how many of them the table shows
 */
export function renderSection(
  title: string,
  table: string,
  rows: { readonly all: number; readonly shown: number },
  { width, colours }: TableOptions,
): string {
  const heading = wrapToWidth(title, width).map((line) => `${colours.strong(line)}\n`);
  const left = rows.all - rows.shown;
  const rest = left <= 0 ? '' : `${colours.faint(`and ${formatCount(left)} more: --limit ${rows.all}`)}\n`;
  return `${heading.join('')}${table}${rest}`;
}
