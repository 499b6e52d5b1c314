import { describe, expect, it } from 'vitest';
import { RUN_STATES } from '../../src/mirror/types.ts';
import { progressBar, shareBar } from '../../src/terminal/bar.ts';
import { createColours } from '../../src/terminal/colours.ts';
import {
  countOf,
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatList,
  formatMoment,
  stateStyle,
} from '../../src/terminal/format.ts';
import { sparkline } from '../../src/terminal/sparkline.ts';

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
    [-1234, '-1,234'],
    [9007199254740991, '9,007,199,254,740,991'],
    [12345678901234567890n, '12,345,678,901,234,567,890'],
  ])('%s is %s', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });
});

describe('formatChange', () => {
  it.each([
    [1234, '+1,234'],
    [-1234, '−1,234'],
    [0, '0'],
    [-5n, '−5'],
  ])('%s is %s', (value, text) => {
    expect(formatChange(value)).toBe(text);
  });
});

it('countOf knows one from many', () => {
  expect([0, 1, 2000].map((count) => countOf(count, 'run'))).toEqual(['0 runs', '1 run', '2,000 runs']);
  expect(countOf(2, 'entry', 'entries')).toBe('2 entries');
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [4_240, '4.2 s'],
    [9_960, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_600, '1 h'],
    [12_000_000, '3 h 20 min'],
    [187_200_000, '2 d 4 h'],
  ])('%d milliseconds are %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

it('formatMoment says the time zone', () => {
  expect(formatMoment(new Date('2025-01-15T03:00:02.999Z'))).toBe('2025-01-15 03:00:02 UTC');
});

describe('formatList', () => {
  it.each([
    [[], 9, ''],
    [['a'], 9, 'a'],
    [['a', 'b'], 9, 'a and b'],
    [['a', 'b', 'c'], 3, 'a, b and c'],
    [['a', 'b', 'c'], 2, 'a, b and 1 more'],
    [['a', 'b', 'c'], 1, 'a and 2 more'],
  ])('%j, naming at most %i: %s', (items, most, text) => {
    expect(formatList(items, most)).toBe(text);
  });
});

describe('stateStyle', () => {
  it('tells what is proved from what is open and what went wrong', () => {
    const colours = createColours(true);
    const looks = RUN_STATES.map((state) => [state, stateStyle(state, colours)('x')]);
    expect(Object.fromEntries(looks)).toEqual({
      running: colours.accent('x'),
      certified: colours.good('x'),
      held: colours.warning('x'),
      inexact: colours.warning('x'),
      partial: colours.warning('x'),
      failed: colours.bad('x'),
      abandoned: colours.faint('x'),
    });
    expect(colours.good('x')).not.toBe(colours.bad('x'));
  });

  it('adds nothing where colour is off', () => {
    expect(RUN_STATES.map((state) => stateStyle(state, createColours(false))(state))).toEqual([...RUN_STATES]);
  });
});

describe('sparkline', () => {
  it('is as high as the numbers, counted from zero', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
  });

  it('shows a gap as a gap, not as zero', () => {
    expect(sparkline([7, null, 0])).toBe('█·▁');
  });

  it('shows a steady row as steady, and a little of much as more than nothing', () => {
    expect(sparkline([5, 5, 5])).toBe('███');
    expect(sparkline([1_000_000, 1, 0])).toBe('█▂▁');
  });

  it('is low where all is zero, and empty where there is nothing', () => {
    expect(sparkline([0, 0])).toBe('▁▁');
    expect(sparkline([null, null])).toBe('··');
    expect(sparkline([])).toBe('');
  });
});

describe('progressBar', () => {
  it.each([
    [0, '──────────'],
    [0.05, '╸─────────'],
    [0.5, '━━━━━─────'],
    [0.999, '━━━━━━━━━╸'],
    [1, '━━━━━━━━━━'],
    [7, '━━━━━━━━━━'],
    [Number.NaN, '──────────'],
  ])('at %d is %s', (fraction, bar) => {
    expect(progressBar(fraction, 10)).toBe(bar);
  });
});

describe('shareBar', () => {
  it.each([
    [0, ''],
    [0.0001, '▏'],
    [0.5, '██'],
    [0.6, '██▍'],
    [1, '████'],
    [7, '████'],
    [-1, ''],
    [Number.NaN, ''],
  ])('at %d is %j', (share, bar) => {
    expect(shareBar(share, 4)).toBe(bar);
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_000, '1.0 kB'],
    [93_400_000, '93 MB'],
    [999_600_000, '1.0 GB'],
    [1_234_000_000_000_000, '1234 TB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
