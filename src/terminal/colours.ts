import picocolors from 'picocolors';

export type Style = (text: string) => string;

/** The few styles the commands use, so that they look alike; each returns its text as it is where colour is off. */
export interface Colours {
  readonly strong: Style;
  readonly faint: Style;
  readonly good: Style;
  readonly warning: Style;
  readonly bad: Style;
  readonly accent: Style;
}

/**
 * Of the 256 colours, whose shades are the same everywhere. The first 16 are whatever a terminal makes of them, and
 * yellow and cyan are often next to invisible on white. Each of these has a contrast of 3 to 1 or more on white, on
 * black, and on the usual greys and creams between (test/terminal/colours.test.ts).
 */
export const SHADES = { good: 28, warning: 166, bad: 196, accent: 32 } as const;

/** @param enabled what the output port says: colours are never guessed from the process */
export function createColours(enabled: boolean): Colours {
  const { bold, dim } = picocolors.createColors(enabled);
  const shade = (number: number): Style => {
    if (!enabled) return (text) => text;
    return (text) => (text === '' ? '' : `\u001b[38;5;${number}m${text}\u001b[39m`);
  };
  return {
    strong: bold,
    faint: dim,
    good: shade(SHADES.good),
    warning: shade(SHADES.warning),
    bad: shade(SHADES.bad),
    accent: shade(SHADES.accent),
  };
}
