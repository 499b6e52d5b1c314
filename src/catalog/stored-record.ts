import type { Kind } from './kinds.ts';
import type { CatalogRecord, JsonValue } from './page.ts';
import { parseJson } from './parse-json.ts';
import { LONGEST_PAYLOAD_BYTES } from './payload.ts';
import { type FieldProblem, parseRecord } from './record.ts';
import { memberSource } from './record-sources.ts';
import { REDACTED } from './redact.ts';

/**
 * What a bad record's stored text is to this version of the program.
 * - `good`: a record as the contract wants it.
 * - `bad`: still not; which fields, and why.
 * - `cut`, `redacted`: not the text that was received, so that nothing can be told by it.
 */
export type StoredRecord =
  | { readonly status: 'good'; readonly record: CatalogRecord }
  | { readonly status: 'bad'; readonly problems: readonly FieldProblem[] }
  | { readonly status: 'cut' | 'redacted' };

/** A cut is made between characters: up to three bytes before the limit. */
const CUT_FROM_BYTES = LONGEST_PAYLOAD_BYTES - 3;

/**
 * Checks the text of a record that was bad when it was received, by the rules of now. Pure.
 *
 * @param source as a letter holds it: cut at 1 MiB, secrets replaced; null where nothing was received
 */
export function checkStoredRecord(kind: Kind, source: string | null): StoredRecord {
  if (source === null) return { status: 'bad', problems: [{ field: 'item', reason: 'was not kept' }] };
  // A record may hold this very word itself; nobody can tell, so it is not taken for the catalog's.
  if (source.includes(REDACTED)) return { status: 'redacted' };
  const parsed = parseSource(source);
  if (parsed === null) {
    const isCut = Buffer.byteLength(source) >= CUT_FROM_BYTES;
    return isCut ? { status: 'cut' } : { status: 'bad', problems: [{ field: 'item', reason: 'is not JSON' }] };
  }
  const record = parseRecord(kind, parsed.value, memberSource(source, 'download_count'));
  return record.ok ? { status: 'good', record: record.record } : { status: 'bad', problems: record.problems };
}

function parseSource(source: string): { readonly value: JsonValue } | null {
  try {
    return { value: parseJson(source) };
  } catch {
    return null;
  }
}
