/**
 * How far a text goes on as `form` does from a position on, however it writes it: each character as itself, in either
 * case, or escaped as in JSON, in an address or in HTML, also twice. Never more than the length of the form times a
 * constant is looked at, so that no text takes long to search.
 *
 * @param form in lower case, with single backslashes (`searchable`)
 * @returns the position behind it, or -1 where the text does not go on so
 */
export function endOfEscaped(text: string, at: number, form: string): number {
  let position = at;
  for (let index = 0; index < form.length && position !== -1; index += 1) {
    position = afterCharacter(text, position, form.charAt(index));
  }
  return position;
}

/** A form as `endOfEscaped` takes it: every escape of a run of backslashes is a run of backslashes again. */
export const searchable = (form: string): string => lower(form).replaceAll(/\\+/g, '\\');

/**
 * Finds where a text may begin to go on as a form does; `endOfEscaped` tells whether it does. Looks at two characters, so
 * that most places are passed over at once.
 */
export function beginningsOf(form: string): RegExp {
  const [first = '', second = ''] = form;
  const asItIs = `${oneOf(first)}${second === '' ? '' : `(?=[${plainly(second)}${plainly('\\')}%&])`}`;
  const codes = [first, first.toUpperCase()].map((character) => character.charCodeAt(0));
  const name = Object.keys(NAMED).find((key) => NAMED[key] === first);
  const entities = codes.flatMap((code) => [`#0{0,6}${code}`, `#x0{0,6}${code.toString(16)}`]);
  const ways = [
    asItIs,
    '\\\\+',
    `%(?:25){0,2}(?:${codes.map((code) => code.toString(16).padStart(2, '0')).join('|')})`,
    `&(?:amp;){0,2}(?:${[...entities, ...(name === undefined ? [] : [name])].join('|')});`,
  ];
  return new RegExp(ways.join('|'), 'gi');
}

const oneOf = (character: string): string => `[${plainly(character)}]`;

/** A character and its twin as members of a class of a pattern. */
const plainly = (character: string): string => `${character}${TWINS[character] ?? ''}`.replaceAll(/[\\\]^-]/g, '\\$&');

/** The other alphabet of base64. */
const TWINS: Readonly<Record<string, string>> = { '+': '-', '/': '_' };

const ENTITY =
  /&(?:amp;){0,2}(?:#0{0,6}(?<decimal>\d{1,6})|#x0{0,6}(?<hex>[\da-f]{1,5})|(?<name>amp|lt|gt|quot|apos|sol|plus|equals));/iy;
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  sol: '/',
  plus: '+',
  equals: '=',
};
const BACKSLASH_ESCAPE = /\\+(?:u([\da-f]{4})|x([\da-f]{2}))/iy;
const BACKSLASHES = /\\+/y;
/** Any number of backslashes, but not the one that begins the escape of what follows. */
const WRITTEN_BACKSLASHES =
  /(?:\\+(?:u005c|x5c)|\\+(?!u[\da-f]{4}|x[\da-f]{2})|%(?:25){0,2}5c|&(?:amp;){0,2}#(?:0{0,6}92|x0{0,6}5c);)+/iy;
const PERCENT = /%(?:25){0,2}(?<hex>[\da-f]{2})/iy;

/** Only ASCII, so that no text changes its length. */
const lower = (text: string): string => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The position behind one character of a form, or -1. */
function afterCharacter(text: string, at: number, expected: string): number {
  const found = text.charAt(at);
  if (expected === '\\') return at + (matchAt(WRITTEN_BACKSLASHES, text, at)?.[0].length ?? -1 - at);
  if (found === '\\') return afterBackslashes(text, at, expected);
  const written = found === '%' ? matchAt(PERCENT, text, at) : found === '&' ? matchAt(ENTITY, text, at) : null;
  if (written !== null && lower(meaningOf(written)) === expected) return at + written[0].length;
  return lower(found) === expected || TWINS[expected] === found ? at + 1 : -1;
}

function afterBackslashes(text: string, at: number, expected: string): number {
  const written = matchAt(BACKSLASH_ESCAPE, text, at);
  const code = written?.[1] ?? written?.[2];
  if (written !== null && code !== undefined && lower(String.fromCharCode(Number.parseInt(code, 16))) === expected) {
    return at + written[0].length;
  }
  const behind = at + (matchAt(BACKSLASHES, text, at)?.[0].length ?? 0);
  return lower(text.charAt(behind)) === expected ? behind + 1 : -1;
}

/** The character that an escape of an address or of HTML stands for. */
function meaningOf({ groups = {} }: RegExpExecArray): string {
  const { hex, decimal, name } = groups;
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? '';
  return String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
}
