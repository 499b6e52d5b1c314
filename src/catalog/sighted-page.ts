import { type AnswerContext, envelopeOf, hintsOf, parseItem } from './contract.ts';
import type { Kind } from './kinds.ts';
import type { CatalogPage, JsonValue, PageItem } from './page.ts';
import { parseJson } from './parse-json.ts';
import { sightAnswer } from './sight.ts';

/**
 * A page whose items nobody has read: on most nights most of them are known by their digests, and need not be. Read, they
 * are what parsePage makes of them. Only what is read is searched for the secret: what is known was searched when it was.
 *
 * @param bytes valid UTF-8
 * @returns null for an answer that parsePage must judge: it breaks the contract, or holds something unusual
 */
export function sightPage(kind: Kind, bytes: Buffer, context: AnswerContext): CatalogPage | null {
  const { query, arrivedAt, redact, tellsSecret } = context;
  const answer = sightAnswer(bytes, kind.envelopeKey);
  if (answer === null) return null;
  const envelope = envelopeOf(answer.envelope);
  if (envelope === null || envelope.page !== query.page || envelope.limit > query.limit) return null;
  if (answer.items.length > envelope.limit) return null;
  const sourceOf = (place: number): string => {
    const item = answer.items[place];
    if (item === undefined) throw new RangeError(`the page has no item ${place}`);
    return bytes.toString('utf8', item.start, item.end);
  };
  const read = (place: number): PageItem => {
    const source = sourceOf(place);
    const tells = tellsSecret(source) ? tellsSecret : null;
    return parseItem(kind, parseJson(source), () => source, { redact, tellsSecret: tells, ...hintsOf(source) });
  };
  /** All at once: what is looked for in their text is looked for once. */
  const readAll = (): readonly PageItem[] => {
    const text = bytes.toString('utf8', answer.list.from, answer.list.to);
    const hints = { redact, tellsSecret: tellsSecret(text) ? tellsSecret : null, ...hintsOf(text) };
    return listOf(text).map((value, place) => parseItem(kind, value, () => sourceOf(place), hints));
  };
  let items: readonly PageItem[] | null = null;
  return {
    page: envelope.page,
    limit: envelope.limit,
    total: envelope.total,
    totalPages: envelope.total_pages,
    hasNext: envelope.has_next,
    hasPrevious: envelope.has_previous,
    get items() {
      items ??= readAll();
      return items;
    },
    unread: { size: bytes.length, sighted: answer.items, read },
    arrivedAt,
  };
}

function listOf(text: string): readonly JsonValue[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new TypeError('what was seen as a list is none');
  return list;
}
