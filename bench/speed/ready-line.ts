/** The characters that mean something in COPY's text format, and how they are written there. */
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const SPECIAL = /[\\\n\r\t]/;

/** What stands for null in COPY's text format. */
const COPY_NULL = '\\N';

/** One line of COPY's text format. JSON is passed as its text. */
export function copyRow(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map(copyValue).join('\t')}\n`;
}

function copyValue(value: string | number | boolean | null): string {
  if (value === null) return COPY_NULL;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return typeof value === 'number' ? String(value) : copyText(value);
}

/** A text as a value of COPY's text format. */
function copyText(value: string): string {
  // Few texts hold any of them.
  return SPECIAL.test(value) ? value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '') : value;
}
