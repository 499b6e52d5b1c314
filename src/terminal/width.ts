import stringWidth from 'string-width';

/** Text by the columns it takes on a terminal: a wide character takes two, a combining mark none. */

const TIE = '\u00a0';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** The text, cut to at most `width` columns; what was cut is seen by the `…` at its end. Never splits a character. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = displayWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…`;
}

/** The text, filled up with spaces to `width` columns. */
export function padToWidth(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + fill : fill + text;
}

/**
 * The text in lines of at most `width` columns, broken at spaces; a word that is wider alone keeps its own line. What
 * `tied` holds together stays on one line.
 */
export function wrapToWidth(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, ...(line === '' ? [] : [line])].map((each) => each.replaceAll(TIE, ' '));
}

/** The text as one word to `wrapToWidth`: `3 came back` is broken nowhere. May be styled. */
export function tied(text: string): string {
  return text.replaceAll(' ', TIE);
}
