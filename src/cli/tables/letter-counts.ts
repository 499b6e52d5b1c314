import type { ClassCount } from '../../store/dead-letters/count-letters.ts';
import { formatCount } from '../../terminal/format.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { type RowColumn, renderRows } from './rows.ts';

const COLUMNS: readonly RowColumn<ClassCount>[] = [
  { header: 'class', value: ({ errorClass }) => errorClass, mayCut: false },
  { header: 'open', value: ({ open }) => formatCount(open), align: 'right' },
  {
    header: 'closed',
    value: ({ letters, open }) => formatCount(letters - open),
    align: 'right',
    idle: '0',
  },
  { header: 'times', value: ({ occurrences }) => formatCount(occurrences), align: 'right' },
];

/** How many letters of each class there are, and how often their failures were met. */
export function renderLetterCounts(counts: readonly ClassCount[], options: TableOptions): string {
  return renderRows(counts, COLUMNS, options);
}
