import { type AnswerContext, envelopeOf, hintsOf, parseItem } from './contract.ts';
import { ARTIFACT_FIELDS } from './kinds/artifact-fields.ts';
import type { Kind } from './kinds.ts';
import { digestOf, envelopeText, isOnlyList, type ListBytes, outermostList } from './known-list.ts';
import type { CatalogPage, JsonValue, KnownList, KnownLists, ListSummary, PageItem } from './page.ts';
import { parseJson } from './parse-json.ts';
import { type SightedAnswer, sightAnswer } from './sight.ts';

const NOTHING_KNOWN: KnownLists = new Map();

/**
 * A page whose items nobody has read: on most nights most of them are known by their digests, and need not be; of a list
 * that is known as a whole they are not even looked for. Read, they are what parsePage makes of them. Only what is read is
 * searched for the secret: what is known was searched when it was.
 *
 * @param bytes valid UTF-8
 * @param known lists that earlier runs saw here: what this returned for them then was not null
 * @returns null for an answer that parsePage must judge: it breaks the contract, or holds something unusual
 */
export function sightPage(
  kind: Kind,
  bytes: Buffer,
  context: AnswerContext,
  known: KnownLists = NOTHING_KNOWN,
): CatalogPage | null {
  const outermost = known.size === 0 ? null : digested(bytes, outermostList(bytes));
  const seen = knownAnswer(kind, bytes, outermost, known) ?? sightedAnswer(kind, bytes, outermost);
  if (seen === null) return null;
  const { envelope, list } = seen;
  const { query, arrivedAt, redact, tellsSecret } = context;
  if (envelope.page !== query.page || envelope.limit > query.limit || seen.summary.items > envelope.limit) return null;
  const sourceOf = (place: number): string => {
    const { records } = seen.look();
    return bytes.toString('utf8', records.start(place), records.end(place));
  };
  const read = (place: number): PageItem => {
    const source = sourceOf(place);
    const tells = tellsSecret(source) ? tellsSecret : null;
    return parseItem(kind, parseJson(source), () => source, { redact, tellsSecret: tells, ...hintsOf(source) });
  };
  let isSecretTold: boolean | null = null;
  /** Looked for once. */
  const tellsInList = (text: string): boolean => {
    isSecretTold ??= tellsSecret(text);
    return isSecretTold;
  };
  const listText = (): string => bytes.toString('utf8', list.from, list.to);
  /** All at once: what is looked for in their text is looked for once. */
  const readAll = (): readonly PageItem[] => {
    const text = listText();
    const hints = { redact, tellsSecret: tellsInList(text) ? tellsSecret : null, ...hintsOf(text) };
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
    unread: {
      size: bytes.length,
      list: list.digest,
      known: seen.known,
      summary: seen.summary,
      get sighted() {
        return seen.look().items;
      },
      get bytes() {
        return (isSecretTold ?? tellsInList(listText())) ? null : bytes.subarray(list.from, list.to);
      },
      read,
      plain(place) {
        if (kind.knownFields !== ARTIFACT_FIELDS || (isSecretTold ?? tellsSecret(sourceOf(place)))) return null;
        const { records, items } = seen.look();
        return records.isPlain(place) ? { bytes, records, digests: items.digests, place } : null;
      },
    },
    arrivedAt,
  };
}

/** A list in an answer's bytes, and what it is known by. */
interface DigestedList extends ListBytes {
  readonly digest: string;
}

function digested(bytes: Buffer, list: ListBytes | null): DigestedList | null {
  return list === null ? null : { ...list, digest: digestOf(bytes, list.from, list.to) };
}

/** What is seen of an answer, whether or not its items were looked for. */
interface Seen {
  readonly envelope: NonNullable<ReturnType<typeof envelopeOf>>;
  readonly list: DigestedList;
  readonly known: KnownList | null;
  readonly summary: ListSummary;
  look(): Look;
}

/** What is seen of the items of an answer. */
type Look = Pick<SightedAnswer, 'items' | 'records'>;

/** An answer whose list is known; null for any other. */
function knownAnswer(kind: Kind, bytes: Buffer, list: DigestedList | null, lists: KnownLists): Seen | null {
  if (list === null) return null;
  const known = lists.get(list.digest);
  if (known === undefined) return null;
  const envelope = envelopeOf(envelopeText(bytes, list));
  if (envelope === null || !isOnlyList(envelope, kind.envelopeKey)) return null;
  let looked: Look | null = null;
  return {
    envelope,
    list,
    known,
    summary: { ...known, ascending: true },
    look: () => {
      looked ??= sightAnswer(bytes, kind.envelopeKey);
      if (looked === null) throw new TypeError('a list that was seen before cannot be seen any more');
      return looked;
    },
  };
}

function sightedAnswer(kind: Kind, bytes: Buffer, outermost: DigestedList | null): Seen | null {
  const answer = sightAnswer(bytes, kind.envelopeKey);
  if (answer === null) return null;
  const envelope = envelopeOf(answer.envelope);
  if (envelope === null) return null;
  const { summary, list } = answer;
  const isOutermost = outermost?.from === list.from && outermost.to === list.to;
  return {
    envelope,
    list: isOutermost ? outermost : { ...list, digest: digestOf(bytes, list.from, list.to) },
    known: null,
    summary,
    look: () => answer,
  };
}

function listOf(text: string): readonly JsonValue[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new TypeError('what was seen as a list is none');
  return list;
}
