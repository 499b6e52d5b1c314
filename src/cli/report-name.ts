import { REPORTS, type ReportName, reportNamed } from '../report/reports.ts';
import { UsageError } from './usage-error.ts';

/**
 * The report that an argument names, with hyphens or underscores.
 *
 * @throws UsageError where there is none, with all that there are
 */
export function requireReport(text: string): ReportName {
  const name = reportNamed(text);
  if (name !== null) return name;
  const known = Object.entries(REPORTS).map(([known, { purpose }]) => `${known.replaceAll('_', '-')} (${purpose})`);
  throw new UsageError(`There is no report "${text}".`, `The reports are: ${known.join('; ')}.`);
}
