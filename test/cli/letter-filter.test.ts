import { describe, expect, it } from 'vitest';
import { letterFilterOf } from '../../src/cli/letter-filter.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const NOW = new Date('2025-03-01T12:30:00Z');
const since = (text: string): string | undefined => letterFilterOf({ since: text }, NOW).since?.toISOString();

describe('the options that say which letters are meant', () => {
  it('mean all where none is given, and whatever state with `all`', () => {
    expect(letterFilterOf({}, NOW)).toEqual({});
    expect(letterFilterOf({ state: 'all' }, NOW)).toEqual({});
  });

  it('are taken as they are where they are known, and a type in any case: it is an open set', () => {
    const options = { class: 'timeout', type: 'Anything at all', organization: 'acme', level: 'page', state: 'open' };
    expect(letterFilterOf(options, NOW)).toEqual({
      errorClass: 'timeout',
      errorType: 'Anything at all',
      organization: 'acme',
      level: 'page',
      state: 'open',
    });
  });

  it.each([
    ['2025-01-08', '2025-01-08T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['30m', '2025-03-01T12:00:00.000Z'],
    ['12h', '2025-03-01T00:30:00.000Z'],
    ['7d', '2025-02-22T12:30:00.000Z'],
    ['2w', '2025-02-15T12:30:00.000Z'],
    ['0d', '2025-03-01T12:30:00.000Z'],
  ])('reads --since %s as %s', (text, moment) => {
    expect(since(text)).toBe(moment);
  });

  it.each([
    '',
    '7',
    'd',
    '7 d',
    '-7d',
    '7y',
    '7D',
    '1.5d',
    '9999999d',
    'yesterday',
    '2025-02-29',
    '2025-1-8',
    '08.01.2025',
  ])('takes %j for neither a date nor an age', (text) => {
    expect(() => since(text)).toThrow(UsageError);
  });

  it.each([
    [{ class: 'http_404' }, 'There is no class "http_404".'],
    [{ level: 'row' }, 'There is no level "row".'],
    [{ state: 'closed' }, 'There is no letter state "closed".'],
  ])('says of %j that there is none', (options, says) => {
    expect(() => letterFilterOf(options, NOW)).toThrow(says);
  });
});
