import type { JsonValue } from './page.ts';

/** What keeps a value of JSON from being stored, and where in it. */
export interface StorageProblem {
  /** Path below the value, as `a.b.0`; empty for the value itself. Safe to print and to store. */
  readonly path: string;
  readonly reason: string;
}

/** PostgreSQL's jsonb gives up at some thousand levels, and so does JSON.stringify; nobody means to nest so deep. */
const DEEPEST = 200;
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONGEST_KEY_SHOWN = 32;
const LEVELS_SHOWN = 4;

/** Why PostgreSQL would refuse a text or change it, or null where it would keep it. */
export function textProblem(text: string): string | null {
  if (text.includes('\u0000')) return 'holds the character U+0000';
  if (LONE_SURROGATE.test(text)) return 'holds a lone surrogate';
  return null;
}

/** A key from outside, as it may stand in a sentence: plain where it is a plain word, else quoted and cut. */
export function showKey(key: string): string {
  if (/^[\w-]{1,32}$/.test(key)) return key;
  return JSON.stringify(key.slice(0, LONGEST_KEY_SHOWN));
}

function showPath(path: readonly string[]): string {
  const shown = path.slice(0, LEVELS_SHOWN).map(showKey);
  return [...shown, ...(path.length > LEVELS_SHOWN ? ['…'] : [])].join('.');
}

/**
 * The first thing in a value of JSON that could not be stored as it is, or null: U+0000 or a lone surrogate in any
 * text or key, a number that no double holds, nesting beyond 200 levels. Without recursion: the depth is the sender's.
 */
export function storageProblem(value: JsonValue): StorageProblem | null {
  return isStorable(value, false) ? null : firstProblem(value);
}

function firstProblem(value: JsonValue): StorageProblem | null {
  const pending: { readonly value: JsonValue; readonly path: readonly string[] }[] = [{ value, path: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path } = next;
    const problem = (reason: string): StorageProblem => ({ path: showPath(path), reason });
    if (typeof next.value === 'string') {
      const reason = textProblem(next.value);
      if (reason !== null) return problem(reason);
    } else if (typeof next.value === 'number') {
      if (!Number.isFinite(next.value)) return problem('is a number too large to store');
    } else if (typeof next.value === 'object' && next.value !== null) {
      if (path.length >= DEEPEST) {
        return problem(`is nested deeper than ${DEEPEST} levels`);
      }
      for (const [key, child] of Object.entries(next.value)) {
        const reason = textProblem(key);
        if (reason !== null) return problem(`has a key that ${reason}`);
        pending.push({ value: child, path: [...path, key] });
      }
    }
  }
  return null;
}

/** Deeper than the values of catalogs are, and no danger to the stack. */
const PLAIN_LEVELS = 8;

/**
 * Whether nothing can be wrong with a value, told without a word about where. Of what is nested deep it is not sure.
 *
 * @param textsAreStorable whether it is known of all texts and keys in it that they can be stored
 */
export function isStorable(value: JsonValue, textsAreStorable: boolean, levels = PLAIN_LEVELS): boolean {
  if (typeof value === 'string') return textsAreStorable || textProblem(value) === null;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (const child of value) if (!isStorable(child, textsAreStorable, levels - 1)) return false;
    return true;
  }
  for (const key in value) {
    if (!textsAreStorable && textProblem(key) !== null) return false;
    const child = value[key];
    if (child !== undefined && !isStorable(child, textsAreStorable, levels - 1)) return false;
  }
  return true;
}
