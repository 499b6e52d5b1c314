import { z } from 'zod';
import { hasUnusualCounter, isSuspicious } from './counter.ts';
import { excerpt, looksLikeHtml, oneLine } from './excerpt.ts';
import { expected } from './expected.ts';
import { Failure, type FailureClass } from './failure.ts';
import type { Kind } from './kinds.ts';
import { type CatalogPage, isJsonObject, type JsonValue, type PageItem, type PageQuery } from './page.ts';
import { parseJson } from './parse-json.ts';
import { payloadOf } from './payload.ts';
import { policyOf } from './policy.ts';
import { type FieldProblem, type ParsedRecord, parseRecord } from './record.ts';
import { elementSources, memberSource } from './record-sources.ts';
import type { Redactor } from './redact.ts';
import { repeatedSecrets, type TellsSecret } from './repeated-secret.ts';

/** What is known about an answer besides its text. */
export interface AnswerContext {
  /** What was asked; the answer must answer that. */
  readonly query: PageQuery;
  /** When the answer had arrived. */
  readonly arrivedAt: Date;
  /** Takes secrets out of whatever is kept of the answer's own text. */
  readonly redact: Redactor;
  /** An item that does is a bad record: it must not be stored. */
  readonly tellsSecret: TellsSecret;
}

/** The operation and subject that a failure to read a page names. */
export function describeRead(kind: Kind, query: PageQuery): { readonly operation: string; readonly subject: string } {
  return { operation: `read page ${query.page}`, subject: `${kind.name} of ${oneLine(query.organization)}` };
}

const whole = (least: number) => z.int(expected('is not a whole number')).min(least, `is below ${least}`);
const flag = z.boolean(expected('is not true or false'));

/** The envelope but for its items, whose key is the kind's. */
const envelopeSchema = z.looseObject(
  {
    has_next: flag,
    has_previous: flag,
    limit: whole(1),
    page: whole(1),
    total: whole(0),
    total_pages: whole(0),
  },
  'it is not an object',
);

/** The envelope in a text; null where it is none. */
export function envelopeOf(text: string): z.output<typeof envelopeSchema> | null {
  return envelopeSchema.safeParse(readJson(text)).data ?? null;
}

/** Its elements are whatever JSON can say: each is checked on its own. */
const itemsSchema = z.custom<JsonValue[]>((value) => Array.isArray(value), expected('is not a list'));

/** What is wrong, field by field; `field` names the value itself. */
function listProblems(error: z.ZodError, field?: string): string {
  const at = field === undefined ? [] : [field];
  return error.issues.map(({ path, message }) => `${[...at, ...path].join('.')} ${message}`.trim()).join(', ');
}

/**
 * Turns the text of a 200 into a page, checked once, here, against the contract (components.schemas.ModelPage).
 *
 * A record that breaks the contract fails alone: it becomes an item with `ok: false` that holds its source text as
 * received (secrets replaced) and what could be read of it. What breaks the page as a whole is thrown.
 *
 * @throws Failure `invalid_json` where the text is not JSON; `contract_violation` where it is not the envelope, answers
 *   another page or a larger limit than asked for, or holds more items than its limit
 */
export function parsePage(kind: Kind, text: string, context: AnswerContext): CatalogPage {
  const { query, redact, tellsSecret } = context;
  const fail = (failureClass: FailureClass, detail: string): Failure =>
    new Failure({
      class: failureClass,
      ...describeRead(kind, query),
      detail: redact(detail),
      hint: policyOf(failureClass).hint,
      status: 200,
      payload: payloadOf(Buffer.from(text), redact),
    });

  const json = readJson(text);
  if (json === undefined) throw fail('invalid_json', describeNotJson(redact(text)));
  const notThePage = (problems: string): Failure =>
    fail('contract_violation', `the answer is JSON but not a page of ${kind.name}: ${problems}`);
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) throw notThePage(listProblems(envelope.error));
  const listed = itemsSchema.safeParse(envelope.data[kind.envelopeKey]);
  if (!listed.success) throw notThePage(listProblems(listed.error, kind.envelopeKey));
  const { page, limit, total, total_pages: totalPages, has_next: hasNext, has_previous: hasPrevious } = envelope.data;
  const values = listed.data;
  if (page !== query.page) {
    throw fail('contract_violation', `the catalog was asked for page ${query.page} and answered page ${page}`);
  }
  if (limit > query.limit) {
    throw fail(
      'contract_violation',
      `the catalog was asked for ${query.limit} items a page and answered limit ${limit}`,
    );
  }
  if (values.length > limit) {
    throw fail('contract_violation', `the page holds ${values.length} items, more than its limit of ${limit}`);
  }
  const items = parseItems(kind, text, values, { redact, tellsSecret: tellsSecret(text) ? tellsSecret : null });
  return { page, limit, total, totalPages, hasNext, hasPrevious, items, arrivedAt: context.arrivedAt };
}

/** Undefined where the text is not JSON; JSON itself has no such value. */
function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Not JSON.parse's own message, which differs from one version of Node to the next. */
function describeNotJson(text: string): string {
  if (text.trim() === '') return 'the answer is empty';
  if (looksLikeHtml(text)) return `the answer is a web page, not JSON: ${excerpt(text)}`;
  return `the answer is not JSON; it begins with: ${excerpt(text)}`;
}

function parseItems(
  kind: Kind,
  text: string,
  values: readonly JsonValue[],
  secrets: { readonly redact: Redactor; readonly tellsSecret: TellsSecret | null },
): readonly PageItem[] {
  // The text is searched only for a page that needs it: a bad record, or a counter that a double may have changed.
  let found: readonly string[] | null = null;
  const sourceOf = (index: number): string => {
    found ??= elementSources(text, kind.envelopeKey);
    return found[index] ?? '';
  };
  const hints = hintsOf(text);
  return values.map((value, index) => parseItem(kind, value, () => sourceOf(index), { ...secrets, ...hints }));
}

/** What the text around a value tells of it. */
interface TextHints {
  readonly hasUnusualCounter: boolean;
  readonly textsAreStorable: boolean;
}

export function hintsOf(text: string): TextHints {
  // Without an escape JSON has no way to write U+0000 or half a character, and the text itself is UTF-8.
  return { hasUnusualCounter: hasUnusualCounter(text), textsAreStorable: !text.includes('\\') };
}

interface ItemContext extends TextHints {
  readonly redact: Redactor;
  /** Null where it is known that the item repeats no secret. */
  readonly tellsSecret: TellsSecret | null;
}

/**
 * Checks one item.
 *
 * @param source its text as received; called where that is needed
 */
export function parseItem(kind: Kind, value: JsonValue, source: () => string, context: ItemContext): PageItem {
  const { redact, tellsSecret } = context;
  const needsLiteral = context.hasUnusualCounter || isSuspicious(counterOf(value));
  const literal = needsLiteral ? memberSource(source(), 'download_count') : null;
  const parsed = parseRecord(kind, value, literal, context.textsAreStorable);
  const repeated = tellsSecret === null || !isJsonObject(value) ? [] : repeatedSecrets(value, tellsSecret);
  if (repeated.length > 0) return badItem(withoutSecret(kind, parsed, repeated), redact(source()));
  return parsed.ok ? parsed : badItem(parsed, redact(source()));
}

/** A record that repeats the secret, as a bad one. Of its other problems those that name no key of the sender's. */
function withoutSecret(kind: Kind, parsed: ParsedRecord, repeated: readonly FieldProblem[]): Bad {
  const said = parsed.ok
    ? []
    : parsed.problems.filter(({ field }) => kind.knownFields.includes(field) && field !== 'origin');
  const read = parsed.ok ? parsed.record : parsed;
  const isIdSecret = repeated.some(({ field }) => field === 'id');
  return {
    ok: false,
    id: isIdSecret ? null : read.id,
    createdAt: read.createdAt,
    downloadCount: read.downloadCount,
    problems: [...repeated, ...said.filter(({ field }) => repeated.every((one) => one.field !== field))],
  };
}

function counterOf(value: JsonValue): JsonValue | undefined {
  return isJsonObject(value) ? value['download_count'] : undefined;
}

type Bad = Extract<ParsedRecord, { ok: false }>;

function badItem(parsed: Bad, source: string): PageItem {
  const { id, createdAt, downloadCount, problems } = parsed;
  return { ok: false, bad: { id, createdAt, downloadCount, problems, source } };
}
