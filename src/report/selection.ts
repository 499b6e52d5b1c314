import { Failure } from '../catalog/failure.ts';
import { filterMistakes, type ReportFilter } from './report-filter.ts';
import { columnsOf, READERS } from './report-values.ts';
import { REPORTS, type ReportName } from './reports.ts';

/** A query and its parameters. */
export interface Selection {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Asks for the rows of a report that a filter wants, in the report's order, each column as its reader wants it. Every
 * name in the query is one of ours; what a person gave comes as a parameter.
 *
 * @throws Failure (class `invalid_request`) where the filter is wrong: see filterMistakes
 */
export function selectionOf(name: ReportName, filter: ReportFilter): Selection {
  const mistakes = filterMistakes(name, filter);
  if (mistakes.length > 0) {
    throw new Failure({
      class: 'invalid_request',
      operation: 'read a report',
      subject: `report.${name}`,
      detail: mistakes.join(' '),
      hint: 'Ask again without what is wrong.',
    });
  }
  const columns = columnsOf(REPORTS[name]);
  const hasDays = columns.some((column) => column.name === 'day');
  // Under names of their own, so that ORDER BY sorts by the view's values and not by their texts.
  const selected = columns.map((column, place) => `${READERS[column.type].select(column.name)} AS c${place}`);
  return {
    // LIMIT NULL is no limit.
    text: `
    SELECT ${selected.join(', ')}
    FROM report.${name}
    WHERE ($1::text IS NULL OR organization = $1)
    ${hasDays ? 'AND ($3::date IS NULL OR day >= $3) AND ($4::date IS NULL OR day <= $4)' : ''}
    ORDER BY ${REPORTS[name].orderBy}
    LIMIT $2`,
    values: [
      filter.organization ?? null,
      filter.limit ?? null,
      ...(hasDays ? [filter.since ?? null, filter.until ?? null] : []),
    ],
  };
}
