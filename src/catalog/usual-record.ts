import { isSuspicious } from './counter.ts';
import { ARTIFACT_FIELDS } from './kinds/artifact-fields.ts';
import type { Kind } from './kinds.ts';
import { type CatalogRecord, isJsonObject, type JsonValue } from './page.ts';
import { isStorable, textProblem } from './storable.ts';
import { parseInstant } from './timestamp.ts';

/** Design section 6: more is a bad record. Counted in code points, as PostgreSQL counts characters. */
export const LONGEST_TEXT = 1024;

/** Of any version, as PostgreSQL writes it. */
const LOWER_CASE_UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * An item as nearly all are: every field there, in its usual form, and nothing in it that must be looked at twice. Null
 * where only the schema can tell (record.ts); what this takes, the schema takes too, and reads alike.
 *
 * Of the microseconds that a page of 200 items takes, JSON.parse is 153; the check of its records was 466 by the schema
 * alone and is 117 so (`npx tsx bench/parse.ts`).
 *
 * @param textsAreStorable whether it is known of all its texts and keys that PostgreSQL keeps them as they are
 */
export function usualRecord(kind: Kind, item: JsonValue, textsAreStorable: boolean): CatalogRecord | null {
  if (kind.knownFields !== ARTIFACT_FIELDS || !isJsonObject(item)) return null;
  const {
    id,
    name,
    version,
    framework,
    is_public: isPublic,
    download_count: count,
    origin,
    created_at,
    ...extra
  } = item;
  if (typeof id !== 'string' || !LOWER_CASE_UUID.test(id)) return null;
  if (typeof isPublic !== 'boolean') return null;
  if (!isText(name, textsAreStorable) || !isText(version, textsAreStorable) || !isText(framework, textsAreStorable))
    return null;
  if (!isUsualCounter(count)) return null;
  const createdAt = typeof created_at === 'string' ? parseInstant(created_at) : null;
  if (createdAt === null) return null;
  if (origin !== null && !(isJsonObject(origin) && isStorable(origin, textsAreStorable))) return null;
  if (!isStorable(extra, textsAreStorable)) return null;
  return {
    id,
    name,
    version,
    framework,
    isPublic,
    downloadCount: count,
    origin,
    createdAt,
    extra,
  };
}

/** Whole, and so small that a double has it just as it was written. JSON can say -0; a table cannot. */
function isUsualCounter(value: JsonValue | undefined): value is number {
  return Number.isInteger(value) && !isSuspicious(value) && !Object.is(value, -0) && Number(value) >= 0;
}

function isText(value: JsonValue | undefined, isKnownStorable: boolean): value is string {
  if (typeof value !== 'string' || value.length > LONGEST_TEXT) return false;
  return isKnownStorable || textProblem(value) === null;
}
