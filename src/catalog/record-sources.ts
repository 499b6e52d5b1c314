import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
} from './json-text.ts';

/**
 * Where the items of an answer stand in its text. JSON.parse forgets that; a dead letter must hold a bad record exactly
 * as it was received, and a counter beyond a double's precision can only be judged by its digits.
 *
 * All functions here take text that JSON.parse has accepted, and rely on it: they find the ends of values, they do not
 * check them. They work in one pass without recursion, so that no depth of nesting can hurt.
 */

/** Half-open range of positions in a text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** The position behind the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let position = at;
    while (position < text.length && !/[\s,\]}]/.test(text.charAt(position))) position += 1;
    return position;
  }
  let depth = 0;
  let position = at;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) {
      position = stringEnd(text, position);
      continue;
    }
    position += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return position;
    }
  }
  return position;
}

/** Behind a value: the position of the next one, or null where the list or object ends. */
function nextAfter(text: string, end: number): number | null {
  const position = skipSpace(text, end);
  return text.charCodeAt(position) === COMMA ? skipSpace(text, position + 1) : null;
}

/** The value of a member of the object that begins at `at`; of two of one name the last, as JSON.parse has it. */
function memberSpan(text: string, at: number, name: string): Span | null {
  if (text.charCodeAt(at) !== OPEN_BRACE) return null;
  let found: Span | null = null;
  let position: number | null = skipSpace(text, at + 1);
  if (text.charCodeAt(position) === CLOSE_BRACE) return null;
  while (position !== null) {
    const keyEnd = stringEnd(text, position);
    const key: unknown = JSON.parse(text.slice(position, keyEnd));
    const colon = skipSpace(text, keyEnd);
    const start = skipSpace(text, colon + 1);
    const end = valueEnd(text, start);
    if (key === name) found = { start, end };
    position = nextAfter(text, end);
  }
  return found;
}

/**
 * The source text of a member of an object, or null where the text is no object or has no such member. Of two members
 * of one name the last counts, as for JSON.parse.
 */
export function memberSource(text: string, name: string): string | null {
  const span = memberSpan(text, skipSpace(text, 0), name);
  return span === null ? null : text.slice(span.start, span.end);
}

/**
 * The source text of every element of the array that is the member `name` of an object, in order; empty where there is
 * no such array.
 */
export function elementSources(text: string, name: string): readonly string[] {
  const span = memberSpan(text, skipSpace(text, 0), name);
  if (span === null || text.charCodeAt(span.start) !== OPEN_BRACKET) return [];
  const sources: string[] = [];
  let position: number | null = skipSpace(text, span.start + 1);
  if (text.charCodeAt(position) === CLOSE_BRACKET) return [];
  while (position !== null) {
    const end = valueEnd(text, position);
    sources.push(text.slice(position, end));
    position = nextAfter(text, end);
  }
  return sources;
}
