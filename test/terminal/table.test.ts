import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createColours } from '../../src/terminal/colours.ts';
import { sideBySide } from '../../src/terminal/panels.ts';
import { type Column, renderTable } from '../../src/terminal/table.ts';
import { displayWidth } from '../../src/terminal/width.ts';

interface Row {
  readonly name: string;
  readonly owner: string;
  readonly downloads: number | null;
}

const columns: readonly Column<Row>[] = [
  { header: 'name', value: ({ name }) => name },
  { header: 'owner', value: ({ owner }) => owner },
  { header: 'downloads', value: ({ downloads }) => downloads?.toString() ?? null, align: 'right' },
];
const colours = createColours(false);
const unlimited = Number.POSITIVE_INFINITY;

const rows: readonly Row[] = [
  { name: 'flux-schnell', owner: 'black-forest-labs', downloads: 6977547 },
  { name: '模型', owner: 'acme', downloads: null },
];

describe('renderTable', () => {
  it('aligns text left and numbers right, by what is seen', () => {
    expect(renderTable(rows, columns, { width: unlimited, colours })).toBe(
      [
        'name          owner              downloads',
        '────────────  ─────────────────  ─────────',
        'flux-schnell  black-forest-labs    6977547',
        '模型          acme                       –',
        '',
      ].join('\n'),
    );
  });

  it('cuts the widest text column first, and no number', () => {
    expect(renderTable(rows, columns, { width: 36, colours })).toBe(
      [
        'name          owner        downloads',
        '────────────  ───────────  ─────────',
        'flux-schnell  black-fore…    6977547',
        '模型          acme                 –',
        '',
      ].join('\n'),
    );
  });

  it('lets a column keep its width that may not be cut', () => {
    const fixed = columns.map((column) => (column.header === 'owner' ? { ...column, mayCut: false } : column));
    const text = renderTable(rows, fixed, { width: 38, colours });
    expect(text).toContain('black-forest-labs');
    expect(text).toContain('flux-sc…');
  });

  it('indents every line, within the width', () => {
    const lines = renderTable(rows, columns, { width: 36, colours, indent: 2 }).trimEnd().split('\n');
    expect(lines.every((line) => line.startsWith('  ') && displayWidth(line) <= 36)).toBe(true);
  });

  it('keeps a row on its line whatever a name holds', () => {
    const text = renderTable([{ name: 'a\n\u001b[2Jb', owner: 'x\u202ey', downloads: 1 }], columns, {
      width: unlimited,
      colours,
    });
    expect(text.split('\n')).toHaveLength(4);
    expect(text).toContain('a\\n\\u001b[2Jb');
    expect(text).toContain('x\\u202ey');
  });

  it('colours cells without moving them', () => {
    const styled = columns.map((column): Column<Row> => ({ ...column, style: (_, { warning }) => warning }));
    const coloured = renderTable(rows, styled, { width: 36, colours: createColours(true) });
    expect(coloured).toContain('\u001b[38;5;166m');
    expect(coloured.split('\n').map(displayWidth)).toEqual(
      renderTable(rows, styled, { width: 36, colours }).split('\n').map(displayWidth),
    );
  });

  it('shows its header where there are no rows', () => {
    expect(renderTable([], columns, { width: unlimited, colours })).toBe(
      'name  owner  downloads\n────  ─────  ─────────\n',
    );
  });

  it('fits into any width that leaves each text column its least room', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    const anyRow = fc.record({ name: text, owner: text, downloads: fc.option(fc.nat(1_000_000)) });
    fc.assert(
      fc.property(fc.array(anyRow), fc.integer({ min: 6 + 6 + 9 + 4, max: 90 }), (anyRows, width) => {
        for (const line of renderTable(anyRows, columns, { width, colours }).split('\n')) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe('sideBySide', () => {
  it('puts the right block after the widest line of the left, and leaves no spaces at an end', () => {
    expect(sideBySide('a\nlonger\nb\n', 'x\n\nz\nend\n', 2)).toBe('a       x\nlonger\nb       z\n        end\n');
  });

  it('is the left block alone where there is no right one', () => {
    expect(sideBySide('a\nb\n', '')).toBe('a\nb\n');
  });
});
