/**
 * What one page of 200 items costs to parse and to check, in microseconds: `npx tsx bench/parse.ts`. The whole, JSON.parse
 * alone, and the check of its records; and what it costs not to: to find its items, to see it with their digests, and to
 * write them for COPY.
 */
import { parsePage } from '../src/catalog/contract.ts';
import { MODELS } from '../src/catalog/kinds/models.ts';
import type { JsonValue } from '../src/catalog/page.ts';
import { parseRecord } from '../src/catalog/record.ts';
import { seeItems } from '../src/catalog/see-items.ts';
import { sightPage } from '../src/catalog/sighted-page.ts';
import { withListedItems } from '../src/store/listed-items.ts';
import { median } from './speed/median.ts';
import { createPages, organizationName } from './speed/pages.ts';

const ITEMS = 200;
const TIMES = 300;

const text = String(
  createPages({ organizations: 1, artifacts: ITEMS, pageSize: ITEMS }).answer(organizationName(0), 1, ITEMS),
);
const bytes = Buffer.from(text);
const { models }: { models: JsonValue[] } = JSON.parse(text);
const query = {
  organization: organizationName(0),
  sortBy: 'created_at',
  sortDir: 'asc',
  page: 1,
  limit: ITEMS,
  includePublic: false,
} as const;
const context = { query, arrivedAt: new Date(), redact: (said: string) => said, tellsSecret: () => false };

/** The median of many, so that what the compiler does first does not count. */
function microseconds(work: () => unknown): string {
  const times = Array.from({ length: TIMES }, () => {
    const begunAt = performance.now();
    work();
    return (performance.now() - begunAt) * 1_000;
  });
  return median(times).toFixed(0).padStart(6);
}

const unread = sightPage(MODELS, bytes, context)?.unread;
if (unread == null) throw new Error('the page was not seen');
const plain = models.map((_, place) => unread.plain(place));

const lines = [
  ['JSON.parse alone', () => JSON.parse(text)],
  ['the whole page', () => parsePage(MODELS, text, context)],
  ['its records', () => models.map((item) => parseRecord(MODELS, item, null))],
  ['its items found', () => seeItems(bytes, MODELS.envelopeKey)],
  ['the page seen', () => sightPage(MODELS, bytes, context)],
  ['its items written', () => withListedItems(plain, (written) => written.length)],
] as const;
process.stdout.write(`${lines.map(([what, work]) => `${microseconds(work)}  ${what}\n`).join('')}`);
