import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import { readListAgain } from '../../src/catalog/list-again.ts';
import type { CatalogPage } from '../../src/catalog/page.ts';
import { createRedactor } from '../../src/catalog/redact.ts';
import { tellsSecret } from '../../src/catalog/repeated-secret.ts';
import { sightPage } from '../../src/catalog/sighted-page.ts';

const SECRET = 'hush-hush';
const redact = createRedactor([SECRET]);
const arrivedAt = new Date('2025-01-15T03:00:01Z');

const ENVELOPE = { has_next: true, has_previous: true, limit: 50, page: 2, total: 172, total_pages: 4 };

function answerOf(list: string, envelope: object = ENVELOPE): CatalogPage {
  const page = sightPage(MODELS, Buffer.from(`{"models":${list},${JSON.stringify(envelope).slice(1)}`), {
    query: { organization: 'acme', sortBy: 'created_at', sortDir: 'asc', page: 2, limit: 50, includePublic: true },
    arrivedAt,
    redact,
    tellsSecret: tellsSecret(SECRET, redact),
  });
  if (page === null) throw new Error('the answer was not seen');
  return page;
}

const item = fc.record({
  id: fc.uuid(),
  created_at: fc.constantFrom('2024-02-29T00:00:00Z', '2025-01-31T03:04:05.678901Z'),
  name: fc.constantFrom('acme/one', 'acme/möd\\el', 7),
  version: fc.string({ unit: 'grapheme', maxLength: 4 }),
  download_count: fc.constantFrom(0, 2 ** 53 - 1, 1.5),
  tags: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
});

describe('the bytes that are kept of a list', () => {
  it('are read again as the same items, with the same digests', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (models) => {
        const page = answerOf(JSON.stringify(models));
        const bytes = page.unread?.bytes ?? Buffer.from('none');
        // What is kept outlives the answer.
        const again = readListAgain(MODELS, 'acme', Buffer.from(bytes), { ...page, arrivedAt });
        expect(again.items).toEqual(page.items);
        expect(again.unread?.sighted).toEqual(page.unread?.sighted);
        expect(again.unread?.list).toBe(page.unread?.list);
        expect(again).toMatchObject({ page: 2, limit: 50, total: 172, hasNext: true, arrivedAt });
      }),
    );
  });

  const one = { id: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', created_at: '2025-01-31T03:04:05Z', name: 'acme/one' };

  it.each([
    ['in a value', JSON.stringify([{ ...one, version: `v ${SECRET}` }])],
    ['in a field that the contract does not know', JSON.stringify([{ ...one, note: { deep: [SECRET] } }])],
    ['written with an escape', JSON.stringify([{ ...one, note: SECRET }]).replace('hush-', '\\u0068ush-')],
    ['under a key that comes again', `[{"note":"${SECRET}",${JSON.stringify({ ...one, note: 1 }).slice(1)}]`],
  ])('are none where the list repeats the secret %s, whether or not its items were read before', (_, list) => {
    expect(answerOf(list).unread?.bytes).toBeNull();
    const read = answerOf(list);
    expect(read.items).toHaveLength(1);
    expect(read.unread?.bytes).toBeNull();
  });

  it('hold nothing of the envelope, whatever that repeats', () => {
    const bytes = answerOf(JSON.stringify([one]), { ...ENVELOPE, message: SECRET }).unread?.bytes;
    expect(bytes?.toString()).toBe(JSON.stringify([one]));
  });

  it('are refused where they are no list', () => {
    const remembered = { page: 1, limit: 1, total: 1, hasNext: false, arrivedAt };
    expect(() => readListAgain(MODELS, 'acme', Buffer.from('[{"id":'), remembered)).toThrow(
      'what was kept of page 1 is no list of models',
    );
  });
});
