import type { RunLetter } from '../../store/dead-letters/read-run-letters.ts';
import { formatCount } from '../../terminal/format.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { type RowColumn, renderRows } from './rows.ts';
import { renderSection } from './section.ts';

const COLUMNS: readonly RowColumn<RunLetter>[] = [
  { header: 'letter', value: ({ id }) => id, align: 'right' },
  { header: 'class', value: ({ errorClass }) => errorClass, mayCut: false },
  { header: 'level', value: ({ level }) => level, mayCut: false },
  {
    header: 'page',
    value: ({ page }) => (page === null ? null : formatCount(page)),
    align: 'right',
    idle: null,
  },
  { header: 'state', value: ({ state }) => state, mayCut: false },
];

/** The letters that a run was the last to meet: a section, or none. */
export function renderRunLetters(
  letters: readonly RunLetter[],
  count: number,
  options: TableOptions,
): readonly string[] {
  if (letters.length === 0) return [];
  const title = `Letters: ${formatCount(count)} (\`catalog-mirror dead-letters show ID\`)`;
  return [renderSection(title, renderRows(letters, COLUMNS, options), { all: count, shown: letters.length }, options)];
}
