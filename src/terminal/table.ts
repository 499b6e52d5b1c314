import type { Colours, Style } from './colours.ts';
import { visible } from './safe-text.ts';
import { cutToWidth, displayWidth, padToWidth } from './width.ts';

/** One column of a table over rows of type Row. */
export interface Column<Row> {
  readonly header: string;
  /**
   * What the row shows here, without any styling; null shows as `–`. Text from outside is made safe by the table.
   */
  readonly value: (row: Row) => string | null;
  /** Numbers stand right, and are never cut: a cut number is another number. Default `left`. */
  readonly align?: 'left' | 'right';
  /** Whether the column may give way, with `…`, where the table is too wide. Default: where it stands left. */
  readonly mayCut?: boolean;
  /** Colours the cell, after its width is settled. */
  readonly style?: (row: Row, colours: Colours) => Style;
}

export interface TableOptions {
  /** How many columns there are to fill at most; Infinity cuts nothing. */
  readonly width: number;
  readonly colours: Colours;
  /** How many spaces stand before each line. */
  readonly indent?: number;
}

const GAP = '  ';
const NOTHING = '–';
const LEAST_WIDTH = 6;

/**
 * Renders rows as an aligned table with a header, one line a row, every line ended by a line feed. Where it is wider
 * than the terminal, the widest text column is cut with `…`, again and again until it fits or no column can give more.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, colours, indent = 0 }: TableOptions,
): string {
  const margin = ' '.repeat(indent);
  const cells = rows.map((row) => columns.map((column) => visible(column.value(row) ?? NOTHING)));
  const widths = fitWidths(columns, naturalWidths(columns, cells), width - indent - GAP.length * (columns.length - 1));

  const line = (texts: readonly string[], styles: readonly (Style | undefined)[]): string => {
    const rendered = columns.map((column, index) => {
      const columnWidth = widths[index] ?? 0;
      const padded = padToWidth(cutToWidth(texts[index] ?? '', columnWidth), columnWidth, column.align);
      // Nothing follows the last column, so it needs no filling.
      const text = index === columns.length - 1 && column.align !== 'right' ? padded.trimEnd() : padded;
      return styles[index]?.(text) ?? text;
    });
    return `${margin}${rendered.join(GAP)}\n`;
  };

  const headerStyles = columns.map(() => colours.strong);
  const rule = `${margin}${colours.faint(widths.map((each) => '─'.repeat(each)).join(GAP))}\n`;
  const body = rows.map((row, index) =>
    line(
      cells[index] ?? [],
      columns.map((column) => column.style?.(row, colours)),
    ),
  );
  return [
    line(
      columns.map(({ header }) => header),
      headerStyles,
    ),
    rule,
    ...body,
  ].join('');
}

function naturalWidths<Row>(columns: readonly Column<Row>[], cells: readonly (readonly string[])[]): number[] {
  return columns.map(({ header }, index) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(header)),
  );
}

/**
 * Takes columns away from the widest that may give way until all fit; of equally wide ones from the last, because what a
 * row is about stands first.
 */
function fitWidths<Row>(columns: readonly Column<Row>[], natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const mayCut = column.mayCut ?? column.align !== 'right';
      const own = widths[index] ?? 0;
      if (mayCut && own > LEAST_WIDTH && own >= (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
