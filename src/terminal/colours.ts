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

/** @param enabled what the output port says: colours are never guessed from the process */
export function createColours(enabled: boolean): Colours {
  const { bold, dim, green, yellow, red, cyan } = picocolors.createColors(enabled);
  return { strong: bold, faint: dim, good: green, warning: yellow, bad: red, accent: cyan };
}
