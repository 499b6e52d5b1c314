import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseRecordedMonth, readRecordedMonth, unrecordedDays } from '../../src/demo/recorded-month.ts';

const month = await readRecordedMonth();

function packed(...lines: unknown[]): Uint8Array {
  return gzipSync(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
}

const head = { days: ['2025-01-01', '2025-01-03'] };
const model = { owner: 'acme', name: 'one', created_at: '2024-01-01T00:00:00.000001Z', origin: null, totals: [7, 2] };

describe('the recorded month that comes with the package', () => {
  it('is what the source held, to the byte', () => {
    const lines = month.models.map(({ owner, name, createdAt, origin, totals }) =>
      JSON.stringify({ owner, name: name.slice(owner.length + 1), created_at: createdAt, origin, totals }),
    );
    const source = `${[JSON.stringify({ days: month.days }), ...lines].join('\n')}\n`;
    expect(createHash('sha256').update(source).digest('hex')).toBe(
      'd6f353db8694356f2b091ef566a1092ab620b0dd84aaaa2926b3b3c8a9efbce2',
    );
  });

  it('lacks 2025-01-14, and no other day', () => {
    expect(month.days).toHaveLength(28);
    expect(unrecordedDays(month)).toEqual(['2025-01-14']);
  });

  it('gives each of its 2,167 models an id of its own', () => {
    expect(new Set(month.models.map((each) => each.id)).size).toBe(2167);
  });
});

describe('parseRecordedMonth', () => {
  it('adds the differences up and keeps the days on which a model was not listed', () => {
    const days = ['2025-01-01', '2025-01-02', '2025-01-03', '2025-01-04', '2025-01-05'];
    const { models } = parseRecordedMonth(packed({ days }, { ...model, totals: [null, 10, null, 5, -3] }));
    expect(models[0]?.totals).toEqual([null, 10, null, 15, 12]);
  });

  it('prefixes names with their owner', () => {
    expect(parseRecordedMonth(packed(head, model)).models[0]?.name).toBe('acme/one');
  });

  it.each([
    ['a line that is not JSON', packed(head, '{"owner":'), /line 2 is not JSON/],
    ['a field that is missing', packed(head, { ...model, created_at: undefined }), /line 2: .*created_at/s],
    ['a field it does not know', packed(head, { ...model, stars: 3 }), /line 2: .*stars/s],
    ['a total too few', packed(head, { ...model, totals: [7] }), /line 2: 1 totals for 2 days/],
    [
      'days that do not ascend',
      packed({ days: ['2025-01-03', '2025-01-01'] }, model),
      /line 1: the days do not ascend/,
    ],
    ['the same model twice', packed(head, model, model), /two lines hold the same model/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseRecordedMonth(bytes)).toThrow(message);
  });
});
