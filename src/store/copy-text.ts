/** The characters that mean something in COPY's text format, and how they are written there. */
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line of COPY's text format. Values are text, numbers, booleans or null; JSON is passed as its text. */
export function copyRow(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map(copyValue).join('\t')}\n`;
}

function copyValue(value: string | number | boolean | null): string {
  if (value === null) return '\\N';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return typeof value === 'number'
    ? String(value)
    : value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '');
}
