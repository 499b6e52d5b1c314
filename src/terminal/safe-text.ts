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

function escapeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
