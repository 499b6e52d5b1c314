import { randomUUID } from 'node:crypto';
import { skipSpace, stringEnd } from './json-text.ts';
import type { JsonValue } from './page.ts';

/** How JSON can write a backslash within a string. */
const WRITTEN_BACKSLASH = /\\(?:\\|u005c)/i;

/**
 * JSON.parse, but right where keys hold a backslash. V8 (Node 24; https://github.com/nodejs/node/issues/63785) remembers
 * such a key and takes later ones for it whose text only begins alike, in any text that the process parses afterwards:
 * the key `\N` comes back as `\\`. So a text with escaped keys is parsed under other names, and each then gets its own
 * back: the keys that do the harm never reach V8's parser of objects.
 *
 * @throws SyntaxError where the text is not JSON; RangeError where one with such keys is nested too deep for the stack
 */
export function parseJson(text: string): JsonValue {
  return text.includes('\\') && WRITTEN_BACKSLASH.test(text) ? parseUnderOtherNames(text) : JSON.parse(text);
}

function parseUnderOtherNames(text: string): JsonValue {
  const { renamed, keys } = renameEscapedKeys(text);
  if (keys.size === 0) return JSON.parse(text);
  return JSON.parse(renamed, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) ? withOwnKeys(value, keys) : value,
  );
}

/** By hand, not by a pattern: one string that never closes, full of quotes, would keep a pattern busy for hours. */
function renameEscapedKeys(text: string): { readonly renamed: string; readonly keys: ReadonlyMap<string, string> } {
  const prefix = randomUUID();
  const keys = new Map<string, string>();
  const parts: string[] = [];
  let written = 0;
  for (let start = text.indexOf('"'); start !== -1; ) {
    const end = stringEnd(text, start);
    const isKey = text.charAt(skipSpace(text, end)) === ':';
    const string = isKey ? text.slice(start, end) : '';
    if (string.includes('\\')) {
      const name = `${prefix}:${keys.size}`;
      keys.set(name, String(JSON.parse(string)));
      parts.push(text.slice(written, start), `"${name}"`);
      written = end;
    }
    start = text.indexOf('"', end);
  }
  return { renamed: parts.join('') + text.slice(written), keys };
}

/** Object.fromEntries makes a member of any name, also of `__proto__`; of two of one name the last counts. */
function withOwnKeys(value: object, keys: ReadonlyMap<string, string>): object {
  const entries = Object.entries(value);
  if (!entries.some(([name]) => keys.has(name))) return value;
  return Object.fromEntries(entries.map(([name, member]) => [keys.get(name) ?? name, member]));
}
