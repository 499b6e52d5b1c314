import { z } from 'zod';
import { type Counter, readCounter, readCounterLiteral } from './counter.ts';
import { expected } from './expected.ts';
import type { Kind } from './kinds.ts';
import { type CatalogRecord, isJsonObject, type JsonObject, type JsonValue } from './page.ts';
import { showKey, storageProblem, textProblem } from './storable.ts';
import { type Instant, parseInstant } from './timestamp.ts';
import { LONGEST_TEXT, usualRecord } from './usual-record.ts';

const DEFAULT_FRAMEWORK = 'safetensors';

export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
}

/** A record, or what is wrong with it and what could be read all the same. */
export type ParsedRecord =
  | { readonly ok: true; readonly record: CatalogRecord }
  | {
      readonly ok: false;
      readonly id: string | null;
      readonly createdAt: Instant | null;
      readonly downloadCount: number | null;
      readonly problems: readonly FieldProblem[];
    };

function isTooLong(text: string): boolean {
  if (text.length <= LONGEST_TEXT) return false;
  if (text.length > 2 * LONGEST_TEXT) return true;
  return Array.from(text).length > LONGEST_TEXT;
}

const shortText = z.string(expected('is not text')).superRefine((text, context) => {
  if (isTooLong(text)) context.addIssue({ code: 'custom', message: 'is longer than 1,024 characters' });
  const reason = textProblem(text);
  if (reason !== null) context.addIssue({ code: 'custom', message: reason });
});

const uuid = z.guid(expected('is not a uuid')).transform((text) => text.toLowerCase());

const instant = z.string(expected('is not text')).transform((text, context): Instant => {
  const parsed = parseInstant(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'is not an ISO 8601 timestamp of the years 0001 to 9999' });
  return z.NEVER;
});

const counter = z
  .unknown()
  .optional()
  .transform((value, context): number => {
    if (value === undefined) return 0;
    const read = readCounter(value);
    if (read.ok) return read.value;
    context.addIssue({ code: 'custom', message: read.problem });
    return z.NEVER;
  });

const jsonObject = z.custom<JsonObject>(isJsonObject, 'is not an object').superRefine((value, context) => {
  const problem = storageProblem(value);
  if (problem === null) return;
  context.addIssue({
    code: 'custom',
    message: problem.path === '' ? problem.reason : `${problem.path} ${problem.reason}`,
  });
});

/** The contract's fields (components.schemas.Model), with its defaults where a field is missing or null. */
const contractFields = z.object({
  id: uuid,
  name: shortText,
  version: shortText,
  created_at: instant,
  framework: shortText.nullish().transform((text) => text ?? DEFAULT_FRAMEWORK),
  is_public: z
    .boolean(expected('is not true or false'))
    .nullish()
    .transform((flag) => flag ?? false),
  // Null is no default here: a counter that is there and cannot be read must not be taken for 0.
  download_count: counter,
  origin: jsonObject.nullish().transform((origin) => origin ?? null),
});

/** The fields the contract does not know. From entries, so that a field named `__proto__` stays a field. */
function unknownFields(item: JsonObject, known: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([field]) => !known.includes(field)));
}

function extraProblem(extra: JsonObject): FieldProblem | null {
  for (const [field, value] of Object.entries(extra)) {
    const keyReason = textProblem(field);
    if (keyReason !== null) return { field: showKey(field), reason: `has a name that ${keyReason}` };
    const problem = storageProblem(value);
    if (problem === null) continue;
    return { field: [showKey(field), problem.path].filter((part) => part !== '').join('.'), reason: problem.reason };
  }
  return null;
}

/** The counter of an item that may be bad: unlike in a good one, a missing counter is unknown here, not 0. */
function readableCounter(item: JsonObject, literal: string | null): number | null {
  const read: Counter = literal === null ? readCounter(item['download_count']) : readCounterLiteral(literal);
  return read.ok ? read.value : null;
}

/**
 * Checks one item of a listing, once (design section 6, "A record fails alone"). Pure.
 *
 * @param kind decides which fields the contract knows; the others go into `extra` as they came
 * @param item the item as JSON.parse gave it
 * @param counterLiteral the text of its `download_count` where a double may have changed it, else null
 * @param textsAreStorable whether it is known of all its texts and keys that PostgreSQL keeps them as they are
 */
export function parseRecord(
  kind: Kind,
  item: JsonValue,
  counterLiteral: string | null,
  textsAreStorable = false,
): ParsedRecord {
  const usual = counterLiteral === null ? usualRecord(kind, item, textsAreStorable) : null;
  return usual === null ? parseBySchema(kind, item, counterLiteral) : { ok: true, record: usual };
}

/** What the schema says of an item: the rule that usualRecord knows a part of. */
export function parseBySchema(kind: Kind, item: JsonValue, counterLiteral: string | null): ParsedRecord {
  if (!isJsonObject(item)) {
    const problems = [{ field: 'item', reason: 'is not an object' }];
    return { ok: false, id: null, createdAt: null, downloadCount: null, problems };
  }
  const problems: FieldProblem[] = [];
  const parsed = contractFields.safeParse(item);
  for (const issue of parsed.error?.issues ?? []) {
    problems.push({ field: issue.path.map(String).map(showKey).join('.'), reason: issue.message });
  }
  const exact = counterLiteral === null ? null : readCounterLiteral(counterLiteral);
  if (exact?.ok === false && !problems.some(({ field }) => field === 'download_count')) {
    problems.push({ field: 'download_count', reason: exact.problem });
  }
  const extra = unknownFields(item, kind.knownFields);
  const unstorable = extraProblem(extra);
  if (unstorable !== null) problems.push(unstorable);

  if (!parsed.success || problems.length > 0) {
    return {
      ok: false,
      id: uuid.safeParse(item['id']).data ?? null,
      createdAt: instant.safeParse(item['created_at']).data ?? null,
      downloadCount: readableCounter(item, counterLiteral),
      problems,
    };
  }
  const { data } = parsed;
  return {
    ok: true,
    record: {
      id: data.id,
      name: data.name,
      version: data.version,
      framework: data.framework,
      isPublic: data.is_public,
      downloadCount: data.download_count,
      origin: data.origin,
      createdAt: data.created_at,
      extra,
    },
  };
}
