/** The characters that mean something in COPY's text format, and how they are written there. */
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const SPECIAL = /[\\\n\r\t]/;

/** A value of COPY's text format. JSON is passed as its text. */
export type CopyValue = string | number | boolean | null;

/** The values of COPY's text format, without an end of line: different values never give the same text. */
export function copyFields(values: readonly CopyValue[]): string {
  return values.map(copyValue).join('\t');
}

/** One line of COPY's text format. */
export function copyRow(values: readonly CopyValue[]): string {
  return `${copyFields(values)}\n`;
}

function copyValue(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number') return String(value);
  // Few texts hold any of them, and asking costs a third of replacing.
  if (!SPECIAL.test(value)) return value;
  return value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '');
}
