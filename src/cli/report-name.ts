import { REPORTS, type ReportName, reportNamed } from '../report/reports.ts';
import { nearestName } from '../settings/nearest.ts';
import { formatList } from '../terminal/format.ts';
import { UsageError } from './usage-error.ts';

/**
 * The report that an argument names, with hyphens or underscores.
 *
 * @throws UsageError where there is none, with what was probably meant and all that there are
 */
export function requireReport(written: string): ReportName {
  const name = reportNamed(written);
  if (name !== null) return name;
  const known = Object.keys(REPORTS).map(hyphened);
  const nearest = nearestName(hyphened(written), known);
  throw new UsageError(
    `There is no report "${written}".`,
    `${nearest === null ? '' : `Did you mean ${nearest}? `}The reports are: ${formatList(known)}.`,
  );
}

/** The name of a report as it is typed. */
export function hyphened(name: string): string {
  return name.replaceAll('_', '-');
}
