import { describe, expect, it } from 'vitest';
import { createColours, SHADES } from '../../src/terminal/colours.ts';

type Rgb = readonly [number, number, number];

/** The 6 by 6 by 6 cube of the 256 colours, as xterm and everything after it has it. */
function rgbOf(shade: number): Rgb {
  const levels = [0, 95, 135, 175, 215, 255];
  const place = shade - 16;
  const level = (step: number): number => levels[Math.floor(place / step) % 6] ?? Number.NaN;
  return [level(36), level(6), level(1)];
}

/** As the Web Content Accessibility Guidelines compute it. */
function contrast(one: Rgb, other: Rgb): number {
  const luminance = (colour: Rgb): number => {
    const [red = 0, green = 0, blue = 0] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a colour begins with
const SEQUENCE = /^\u001b\[[\d;]+m$/;

const BACKGROUNDS: readonly (readonly [string, Rgb])[] = [
  ['white', [255, 255, 255]],
  ['black', [0, 0, 0]],
  ['cream', [253, 246, 227]],
  ['dark grey', [30, 30, 30]],
  ['dark blue-green', [0, 43, 54]],
];

describe('colours', () => {
  it.each(BACKGROUNDS)('are all readable on %s', (_, background) => {
    for (const [name, shade] of Object.entries(SHADES)) {
      expect(contrast(rgbOf(shade), background), name).toBeGreaterThanOrEqual(3);
    }
  });

  it('are off where nobody wants them, and each ends itself where they are on', () => {
    for (const style of Object.values(createColours(false))) expect(style('text')).toBe('text');
    for (const style of Object.values(createColours(true))) {
      const [begin, end] = style('text').split('text');
      expect(begin).toMatch(SEQUENCE);
      expect(end).toMatch(SEQUENCE);
    }
  });
});
