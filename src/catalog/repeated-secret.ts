import type { JsonObject, JsonValue } from './page.ts';
import type { FieldProblem } from './record.ts';
import { formsOf, type Redactor } from './redact.ts';
import { showKey } from './storable.ts';

/** Whether a text repeats the secret that the catalog was sent. */
export type TellsSecret = (text: string) => boolean;

/** A shorter secret may stand in a text by chance. */
const SHORTEST_TELLING = 8;

const REASON = 'repeats the secret that was sent to the catalog';

/**
 * What tells whether a text repeats a secret; never so where there is none, or one so short that it may stand in the name
 * of an artifact by chance.
 */
export function tellsSecret(secret: string | null, redact: Redactor): TellsSecret {
  if (secret === null || secret.length < SHORTEST_TELLING) return () => false;
  const mayTell = quickSearch(formsOf(secret));
  return (text) => mayTell(text) && redact(text) !== text;
}

/**
 * Whether a text may hold one of these forms: never false where the redactor would find one. Nearly all texts hold nothing
 * that could begin an escape, and are told by looking for the forms as they are, in either case and in both alphabets of
 * base64. A page of 200 items takes the redactor 250 microseconds.
 */
function quickSearch(forms: readonly string[]): TellsSecret {
  const fold = (text: string): string => text.toLowerCase().replaceAll('-', '+').replaceAll('_', '/');
  const folded = forms.map(fold);
  return (text) => {
    if (BEGINS_ESCAPE.test(text)) return true;
    const searched = fold(text);
    return folded.some((form) => searched.includes(form));
  };
}

const BEGINS_ESCAPE = /[\\%&]/;

/**
 * The fields of an item that repeat the secret that was sent with the request (a catalog that echoes its headers): such
 * an item must not be stored (design section 6), and what is said of it must not name it.
 */
export function repeatedSecrets(item: JsonObject, tells: TellsSecret): readonly FieldProblem[] {
  return Object.entries(item).flatMap(([key, value]): readonly FieldProblem[] => {
    if (tells(key)) return [{ field: 'item', reason: `has a field whose name ${REASON}` }];
    return holds(value, tells) ? [{ field: showKey(key), reason: REASON }] : [];
  });
}

/** Whether any text or key within a value does. Without recursion: the depth is the sender's. */
function holds(value: JsonValue, tells: TellsSecret): boolean {
  const pending: JsonValue[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === 'string') {
      if (tells(next)) return true;
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, child] of Object.entries(next)) {
        if (!Array.isArray(next) && tells(key)) return true;
        pending.push(child);
      }
    }
  }
  return false;
}
