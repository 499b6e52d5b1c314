import type { Colours, Style } from '../../terminal/colours.ts';
import { padToWidth, wrapToWidth } from '../../terminal/width.ts';

export interface ScreenOptions {
  /** Columns to fill; Infinity where nothing limits them. */
  readonly width: number;
  readonly colours: Colours;
}

/** What stands before every line of the screen. */
export const MARGIN = '  ';

/** A text in lines that fit, each after a margin and ended by a line feed. */
export function paragraph(text: string, width: number, style: Style, margin = MARGIN): string {
  return wrapToWidth(text, width - margin.length)
    .map((line) => `${margin}${style(line)}\n`)
    .join('');
}

/** A text beside its label, which takes `labelWidth` columns; a long one goes on below itself. */
export function beside(label: string, labelWidth: number, text: string, width: number, style: Style): string {
  return wrapToWidth(text, width - MARGIN.length - labelWidth)
    .map((line, index) => `${MARGIN}${style(padToWidth(index === 0 ? label : '', labelWidth))}${line}\n`)
    .join('');
}
