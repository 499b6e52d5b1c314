/**
 * What a catalog sends is shown as what it is: a name must not be able to move the cursor, recolour the screen, break a
 * line or turn the text around it.
 */

/** Controls, format characters (bidi marks, zero widths), line and paragraph separators, lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Format characters that join letters and emoji, or are seen themselves (Arabic number signs): part of honest text. */
const HARMLESS = /\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]/u;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with everything invisible written out, as in `\u001b[31m`: one line, safe to put on a terminal. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    if (HARMLESS.test(character)) return character;
    return SHORT_ESCAPES[character] ?? escapeOf(character);
  });
}

/**
 * JSON as JSON.stringify() writes it, with what it leaves as it is (DEL, C1 controls, bidi marks, zero widths, line and
 * paragraph separators) escaped as well: the same value to every program, and nothing that a terminal would obey.
 *
 * @param json its line feeds stand between the values, never within one
 */
export function visibleJson(json: string): string {
  return json.replaceAll(INVISIBLE, (character) => {
    if (character === '\n' || HARMLESS.test(character)) return character;
    return character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
  });
}

function escapeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
