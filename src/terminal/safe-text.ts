/**
 * What a catalog sends is shown as what it is: a name must not be able to move the cursor, recolour the screen, break a
 * line or turn the text around it.
 */

/** Letters that are written joined or apart by an invisible sign, and what emoji are made of. */
const JOINED = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}]|(?![\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}])\p{L}`;

/** What is invisible and part of honest text all the same, each where it has something to do. */
const HARMLESS = [
  String.raw`(?<=${JOINED})[\u200c\u200d](?=${JOINED})`,
  // The look of an emoji, of a keycap, of a Han or Mongolian character.
  String.raw`(?<=[\p{Extended_Pictographic}0-9#*\p{sc=Han}\p{sc=Mongolian}])\p{Variation_Selector}`,
  // Signs around Arabic and Syriac numbers, which are seen.
  String.raw`[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]`,
].join('|');

/** Controls, format characters (bidi marks, zero widths), line and paragraph separators, lone surrogates, fillers. */
const INVISIBLE = new RegExp(
  String.raw`(?!${HARMLESS})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]`,
  'gu',
);

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with everything invisible written out, as in `\u001b[31m`: one line, safe to put on a terminal. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => SHORT_ESCAPES[character] ?? escapeOf(character));
}

/**
 * JSON as JSON.stringify() writes it, with what it leaves as it is (DEL, C1 controls, bidi marks, zero widths, line and
 * paragraph separators) escaped as well: the same value to every program, and nothing that a terminal would obey.
 *
 * @param json its line feeds stand between the values, never within one
 */
export function visibleJson(json: string): string {
  return json.replaceAll(INVISIBLE, (character) => {
    if (character === '\n') return character;
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
