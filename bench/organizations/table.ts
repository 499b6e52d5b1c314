import { createColours } from '../../src/terminal/colours.ts';
import { formatCount, formatDuration } from '../../src/terminal/format.ts';
import { type Column, renderTable } from '../../src/terminal/table.ts';
import type { Cell } from './measure.ts';

const right = { align: 'right' } as const;
const rate = (value: number): string => (value < 10 ? value.toFixed(1) : formatCount(Math.round(value)));

const COLUMNS: readonly Column<Cell>[] = [
  { header: 'queue', value: ({ queue }) => queue },
  { header: 'workers', value: ({ workers }) => String(workers), ...right },
  { header: 'certified', value: ({ certified }) => formatCount(certified), ...right },
  { header: 'runs of each', value: ({ shares }) => shares.map(formatCount).join(' '), ...right },
  { header: 'took', value: ({ wholeMs }) => formatDuration(wholeMs), ...right },
  { header: 'org./s', value: ({ organizationsPerSecond }) => rate(organizationsPerSecond), ...right },
  { header: 'requests/s', value: ({ requestsPerSecond }) => rate(requestsPerSecond), ...right },
  { header: 'limit', value: ({ limitRequestsPerSecond }) => rate(limitRequestsPerSecond), ...right },
  {
    header: 'of limit',
    value: ({ requestsPerSecond, limitRequestsPerSecond }) =>
      `${Math.round((100 * requestsPerSecond) / limitRequestsPerSecond)} %`,
    ...right,
  },
  {
    header: 'MB of each',
    value: ({ peakRssMb }) => peakRssMb.map((peak) => (peak === null ? '–' : String(Math.round(peak)))).join(' '),
    ...right,
  },
  { header: 'connections', value: ({ peakConnections }) => String(peakConnections), ...right },
  { header: 'ready', value: ({ readyMs }) => formatDuration(readyMs), ...right },
  { header: 'first run', value: ({ firstRunMs }) => formatDuration(firstRunMs), ...right },
];

/** The cells as an aligned table, a line each. */
export function renderCells(cells: readonly Cell[]): string {
  return renderTable(cells, COLUMNS, { width: Number.POSITIVE_INFINITY, colours: createColours(false) });
}
