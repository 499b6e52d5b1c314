/** A list in PostgreSQL's own text format, for values that need no quotes. The driver's own way takes ten times as long. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}
