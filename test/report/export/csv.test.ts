import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvWriter, withoutFormula } from '../../../src/report/export/csv.ts';
import type { ReportColumn, ReportValue } from '../../../src/report/report-values.ts';
import { NASTY_TEXTS } from './nasty.ts';

const TEXT: ReportColumn = { name: 'name', type: 'text' };
const COUNT: ReportColumn = { name: 'downloads', type: 'integer' };

function csvOf(
  columns: readonly ReportColumn[],
  rows: readonly Readonly<Record<string, ReportValue>>[],
  options: { readonly keepFormulas?: boolean } = {},
): string {
  const writer = createCsvWriter(columns, options);
  return Buffer.concat([writer.begin(), writer.rows(rows), writer.end()]).toString('utf8');
}

/** By an independent parser; an unquoted empty cell is null. */
function parsed(csv: string): (string | null)[][] {
  return parse(csv, {
    record_delimiter: '\r\n',
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });
}

describe('csv', () => {
  it('has a header, CRLF after every line, and nothing else where there are no rows', () => {
    expect(csvOf([TEXT, COUNT], [])).toBe('name,downloads\r\n');
    expect(csvOf([TEXT, COUNT], [{ name: 'acme/a', downloads: 3 }])).toBe('name,downloads\r\nacme/a,3\r\n');
  });

  it('tells null from an empty text', () => {
    expect(
      csvOf(
        [TEXT, COUNT],
        [
          { name: null, downloads: null },
          { name: '', downloads: 0 },
        ],
      ),
    ).toBe('name,downloads\r\n,\r\n"",0\r\n');
  });

  it('quotes quotes, commas, line ends and spaces at the ends, and nothing else', () => {
    const names = ['a"b', 'a,b', 'a\nb', 'a\rb', ' a', 'a ', 'a b', 'ä'];
    const [, ...lines] = csvOf(
      [TEXT],
      names.map((name) => ({ name })),
    ).split('\r\n');
    expect(lines).toEqual(['"a""b"', '"a,b"', '"a\nb"', '"a\rb"', '" a"', '"a "', 'a b', 'ä', '']);
  });

  it('gives any text back to another parser, whatever it holds', () => {
    const cell = fc.option(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'",\r\n\t =a') })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 20 }), (cells) => {
        const columns: ReportColumn[] = [TEXT, { name: 'other', type: 'text' }];
        const rows = cells.map(([name, other]) => ({ name, other }));
        const [header, ...read] = parsed(csvOf(columns, rows, { keepFormulas: true }));
        expect(header).toEqual(['name', 'other']);
        expect(read).toEqual(cells);
      }),
    );
  });

  it.each(['=1+1', '+1', '-1', '@A1', '\tx', '\rx', '\nx', '＝1', '＋1', '－1', '＠A1', ' =1', '\u200b=1', '\ufeff@x'])(
    'puts an apostrophe before %j, which a spreadsheet would run',
    (name) => {
      expect(parsed(csvOf([TEXT], [{ name }]))[1]).toEqual([`'${name}`]);
      expect(parsed(csvOf([TEXT], [{ name }], { keepFormulas: true }))[1]).toEqual([name]);
    },
  );

  it.each(['acme/a', 'a=b', '1-2', 'a@b.example', '', ' ', "it's", '"=1"'])('leaves %j as it is', (name) => {
    expect(withoutFormula(name)).toBe(name);
  });

  it('never touches numbers, days, moments, truth values or JSON', () => {
    const columns: readonly ReportColumn[] = [
      COUNT,
      { name: 'seconds', type: 'real' },
      { name: 'day', type: 'day' },
      { name: 'at', type: 'instant' },
      { name: 'covered', type: 'boolean' },
      { name: 'extra', type: 'json' },
    ];
    const row = {
      downloads: '-9223372036854775809',
      seconds: -1.5e-7,
      day: '2025-01-15',
      at: '2025-01-15T03:00:00.000001Z',
      covered: false,
      extra: { '=1': ['-', null] },
    };
    expect(parsed(csvOf(columns, [row]))[1]).toEqual([
      '-9223372036854775809',
      '-1.5e-7',
      '2025-01-15',
      '2025-01-15T03:00:00.000001Z',
      'false',
      '{"=1":["-",null]}',
    ]);
    expect(csvOf([{ name: 'extra', type: 'json' }], [{ extra: -5 }])).toBe('extra\r\n-5\r\n');
  });

  it('neutralises so that it can be taken back: what begins like a formula behind apostrophes loses one', () => {
    const formula = /^'+(?:[\t\r\n]|[\s\p{Cf}\p{Cc}]*[=+\-@＝＋－＠])/u;
    const takenBack = (cell: string): string => (formula.test(cell) ? cell.slice(1) : cell);
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', ' ', '\u200b', 'a', '＝') }),
      fc.constantFrom(...NASTY_TEXTS),
    );
    fc.assert(
      fc.property(text, (name) => {
        const written = withoutFormula(name);
        expect(takenBack(written)).toBe(name);
        expect(written).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
      }),
    );
  });
});
