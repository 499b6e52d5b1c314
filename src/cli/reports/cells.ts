import type { ReportColumn, ReportValue } from '../../report/report-values.ts';
import { isRunState } from '../../store/run.ts';
import type { Colours, Style } from '../../terminal/colours.ts';
import { formatChange, formatCount, formatDuration, stateStyle } from '../../terminal/format.ts';

/**
 * How a column of a report looks on a terminal. It follows from the column's type and name, so that a report that is
 * added later needs no word here.
 */

const HEADERS: Readonly<Record<string, string>> = {
  download_count_of_all_versions: 'all versions',
  duration_seconds: 'took',
  previous_downloads: 'previous',
};

/** The column's name as words; moments are told in UTC, and say so. */
export function headerOf({ name, type }: ReportColumn): string {
  const words = HEADERS[name] ?? name.replaceAll('_', ' ');
  return type === 'instant' ? `${words} (UTC)` : words;
}

/** Whether its values are quantities, which stand right and are never cut. */
export function isNumeric({ type }: ReportColumn): boolean {
  return type === 'integer' || type === 'real';
}

/** The value for a person; null where there is nothing to say. What is exact in every digit is `--json`. */
export function textOf(value: ReportValue, column: ReportColumn): string | null {
  if (value === null) return null;
  switch (column.type) {
    case 'boolean':
      return value === true ? 'yes' : 'no';
    case 'integer':
      return integerText(value, column);
    case 'real':
      return column.name.endsWith('_seconds') && typeof value === 'number'
        ? formatDuration(value * 1_000)
        : String(value);
    case 'instant':
      return String(value).slice(0, 16).replace('T', ' ');
    case 'json':
      return isEmpty(value) ? null : JSON.stringify(value);
    case 'text':
    case 'day':
      return String(value);
  }
}

function integerText(value: ReportValue, { name }: ReportColumn): string {
  const digits = String(value);
  // An id is a name, not a quantity.
  if (name.endsWith('_id')) return digits;
  return name === 'change' ? formatChange(BigInt(digits)) : formatCount(BigInt(digits));
}

function isEmpty(value: ReportValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

const plain: Style = (text) => text;

/** What became of an artifact, as the column `change` of a report says it in words. */
const WELCOME: ReadonlySet<string> = new Set(['added', 'restored', 'returned']);
const GONE: ReadonlySet<string> = new Set(['withdrawn', 'out_of_scope', 'absent']);

/** Colours what a reader looks for. The words say the same, so that nothing depends on seeing colours. */
export function styleOf(value: ReportValue, { name, type }: ReportColumn, colours: Colours): Style {
  if (value === null) return colours.faint;
  switch (name) {
    case 'state':
      return isRunState(value) ? stateStyle(value, colours) : plain;
    case 'covered':
    case 'certified':
      return value === true ? colours.good : colours.warning;
    case 'reset':
      return value === true ? colours.warning : plain;
    case 'resets':
    case 'open':
      return Number(value) > 0 ? colours.warning : plain;
    case 'change':
      if (type === 'text') return changeStyle(String(value), colours);
      return Number(value) === 0 ? plain : Number(value) > 0 ? colours.good : colours.bad;
    default:
      return plain;
  }
}

function changeStyle(change: string, colours: Colours): Style {
  if (WELCOME.has(change)) return colours.good;
  return GONE.has(change) ? colours.bad : plain;
}
