/** What finds its way in a text of JSON without parsing it. */

/** The characters that JSON is held together by, by their codes: the same in its text and in its bytes. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** The first position from `at` on that is not JSON's white space. */
export function skipSpace(text: string, at: number): number {
  let position = at;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return position;
    position += 1;
  }
}

/** The position behind the string that opens at `at`; behind the text where it does not close. */
export function stringEnd(text: string, at: number): number {
  let position = at + 1;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === QUOTE || Number.isNaN(code)) return position + 1;
    position += code === BACKSLASH ? 2 : 1;
  }
}
