import { describe, expect, test } from 'vitest';
import { readPage } from './markdown.ts';

const page = await readPage('docs/invariants.md');
const named = [...page.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)].map(([, file = '', title = '']) => ({ file, title }));

/** The titles in a test file: texts that begin the arguments of a call and are followed by another argument. */
function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(/\(\s*(?:'([^'\n]+)'|"([^"\n]+)"),/g)].map(([, single, double]) => single ?? double ?? '');
}

describe('docs/invariants.md', () => {
  test('has all ten', () => {
    const numbers = [...page.matchAll(/^## (\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('names a test, or what is not tested yet, for each', () => {
    for (const section of page.split(/^## /m).slice(1)) expect(section).toMatch(/^(- `test\/|Not yet: )/m);
  });

  test.each(named)('names a test that exists: $file $title', async ({ file, title }) => {
    expect(titlesIn(await readPage(file))).toContain(title);
  });
});
