import type pg from 'pg';
import { idOf, nights, writeHistory } from '../history.ts';

/** Names that a format could break on, or that a program which reads it could act on. */
export const NASTY_TEXTS = [
  'acme/a "quoted", comma',
  'acme/two\nlines\r\nand more',
  '"',
  '=HYPERLINK("http://evil.example","x")',
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  '＝1+1',
  "'=already",
  ' leading and trailing ',
  'acme/👩‍👩‍👧 \u202emirrored\u202c مرحبا',
  'acme/\u001b[2Jclear',
  'acme/\u{1f600}\ufeff',
  'null',
  'NULL',
  '0012',
  '1e5',
  'true',
  'x'.repeat(1_024),
] as const;

const DAYS = Array.from({ length: 36 }, (_, day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10));
const LARGEST_COUNTER = 2n ** 53n - 1n;

/**
 * A history in which every report has rows, and in them what is hard to write down: hostile names, an empty text, nulls,
 * moments to the microsecond, counters beyond what a number holds, JSON with members of any name.
 */
export async function writeNastyHistory(db: pg.Pool | pg.PoolClient): Promise<void> {
  const last = DAYS.length;
  await writeHistory(db, {
    runs: [
      ...nights(...DAYS),
      { day: '2025-02-06', state: 'partial', error: 'could not read "page 3",\nand so on', errorClass: 'server_error' },
      { day: '2025-02-07', state: 'running' },
    ],
    artifacts: [
      ...NASTY_TEXTS.map((name, place) => ({
        name,
        owner: 'acme',
        createdAt: `2024-12-31T20:00:00.${String(123_456 + place)}Z`,
        // Two of them in one day are more than a number holds exactly.
        counts: { 1: 0, 10: BigInt(place), [last]: LARGEST_COUNTER - BigInt(place) },
      })),
      { name: 'acme/falls', counts: { 1: 10, 20: 3, [last]: null } },
      {
        name: 'acme/gone',
        counts: { 1: 5, 30: 8 },
        events: [
          { run: 3, event: 'changed', changes: { framework: ['"a",\nb', '=c'] } },
          { run: 34, event: 'withdrawn' },
        ],
        ending: 'withdrawn',
      },
    ],
  });
  await db.query('UPDATE mirror.artifacts SET framework = $1, version = $2, origin = $3, extra = $4 WHERE id = $5', [
    '',
    '=1.0',
    '{"url": "https://example.com/?a=1,2", "provider": "\\"quoted\\"\\n"}',
    '{"__proto__": {"deep": [1, null, true, "=x"]}, "a\\\\b": 1.5, "": -0.25, "é👍": "\\u202e"}',
    idOf(1),
  ]);
  await db.query("UPDATE mirror.artifacts SET absent_since = '2025-02-05T03:00:00.000001Z' WHERE id = $1", [idOf(2)]);
  await db.query(
    `INSERT INTO mirror.dead_letters (error_class, error_type, level, organization, kind, run_id, detail, attempts,
                                      first_failed_at, last_failed_at, identity)
     VALUES ('server_error', $1, 'page', 'acme', 'models', $2, 'boom', 1, now(), now(), 'one')`,
    ['=type,"x"', last + 1],
  );
}
