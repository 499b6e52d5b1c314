import { readCounter } from './counter.ts';
import type { Kind } from './kinds.ts';
import type { CatalogRecord, JsonObject, JsonValue } from './page.ts';
import { DEFAULT_FRAMEWORK, LONGEST_TEXT } from './record.ts';
import { isPlain, textProblem } from './storable.ts';
import { parseInstant } from './timestamp.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The record of an item that keeps the contract at first sight; null where a closer look is needed, which parseRecord
 * takes: whatever is wrong, unusual or defaulted in a way that needs a second thought. What it accepts it reads as
 * parseRecord does (`test/catalog/quick-record.test.ts` holds one against the other).
 *
 * Most items of a listing pass here, in a quarter of the time that the schema takes (`npx tsx bench/parse.ts`).
 */
export function quickRecord(kind: Kind, item: JsonValue): CatalogRecord | null {
  if (!isObject(item)) return null;
  const id = item['id'];
  const name = item['name'];
  const version = item['version'];
  const framework = item['framework'] ?? DEFAULT_FRAMEWORK;
  const isPublic = item['is_public'] ?? false;
  const origin = item['origin'] ?? null;
  const created = item['created_at'];
  if (typeof id !== 'string' || !UUID.test(id)) return null;
  if (!isShortText(name) || !isShortText(version) || !isShortText(framework)) return null;
  if (typeof isPublic !== 'boolean' || typeof created !== 'string') return null;
  if (origin !== null && (!isObject(origin) || !isPlain(origin))) return null;
  const createdAt = parseInstant(created);
  if (createdAt === null) return null;
  // A counter that is there and is null is no 0 (record.ts).
  const count = readCounter(item['download_count'] === undefined ? 0 : item['download_count']);
  if (!count.ok) return null;
  const extra = plainExtra(kind, item);
  if (extra === null) return null;
  return { id, name, version, framework, isPublic, downloadCount: count.value, origin, createdAt, extra };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** So many UTF-16 units are never more characters than that. */
function isShortText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TEXT && textProblem(value) === null;
}

/** The fields that the contract does not know; null where one of them needs a closer look. */
function plainExtra(kind: Kind, item: JsonObject): JsonObject | null {
  const extra: JsonObject = {};
  for (const [field, value] of Object.entries(item)) {
    if (kind.knownFields.includes(field)) continue;
    // Assigning it would set the prototype instead.
    if (field === '__proto__' || textProblem(field) !== null || !isPlain(value)) return null;
    extra[field] = value;
  }
  return extra;
}
