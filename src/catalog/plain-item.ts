import { afterPlainString, isDigit, isSame, ZERO } from './json-bytes.ts';
import { OPEN_BRACE } from './json-text.ts';
import { ARTIFACT_FIELDS } from './kinds/artifact-fields.ts';
import type { Members } from './members.ts';
import type { PlainItem, Stretch } from './page.ts';
import type { SightedBytes } from './sight.ts';
import { LONGEST_TEXT } from './usual-record.ts';

/** A field by its place in ARTIFACT_FIELDS, and how its key stands in bytes. */
interface Key {
  readonly field: number;
  readonly key: Buffer;
}

const KEYS: readonly Key[] = ARTIFACT_FIELDS.map((name, field) => ({ field, key: Buffer.from(JSON.stringify(name)) }));
const [NAME, VERSION, FRAMEWORK, IS_PUBLIC, DOWNLOAD_COUNT, ORIGIN] = [1, 2, 3, 4, 5, 6] as const;
const NONE = -1;
const NO_FIELDS = KEYS.map(() => NONE);
const NO_KEYS: readonly Key[] = [];
const LONGEST_KEY = Math.max(...KEYS.map(({ key }) => key.length));
const KEYS_OF_LENGTH = Array.from({ length: LONGEST_KEY + 1 }, (_, length) =>
  KEYS.filter(({ key }) => key.length === length),
);

/** The members of an item: of the contract's fields which one is theirs, by their places in ARTIFACT_FIELDS. */
interface Sorted {
  readonly fields: readonly number[];
  readonly extra: readonly Stretch[];
}

/**
 * An item as nearly all are, as it stands in its bytes: its fields in their usual form, and nothing in it that PostgreSQL
 * would not take for what JSON.parse makes of it. It says what parseItem makes of the item, without a value for each of its
 * members: to make these, to write them down again and to collect them took longer than PostgreSQL took for their rows.
 *
 * @param bytes of an answer that was seen, whose items have the fields of ARTIFACT_FIELDS
 * @returns null for an item that must be read to be understood
 */
export function plainItem(bytes: Buffer, members: Members, item: SightedBytes): PlainItem | null {
  const sorted = item.isPlain ? sortMembers(bytes, members, item) : null;
  if (sorted === null) return null;
  const { fields, extra } = sorted;
  const name = textOf(bytes, members, fields[NAME]);
  const version = textOf(bytes, members, fields[VERSION]);
  const framework = textOf(bytes, members, fields[FRAMEWORK]);
  const isPublic = flagOf(bytes, members, fields[IS_PUBLIC]);
  const downloadCount = counterOf(bytes, members, fields[DOWNLOAD_COUNT]);
  const origin = objectOf(bytes, members, fields[ORIGIN]);
  if (name === null || version === null || framework === null) return null;
  if (isPublic === null || downloadCount === null || origin === undefined) return null;
  const { id, createdAt } = item;
  return { bytes, id, name, version, framework, isPublic, downloadCount, origin, createdAt, extra };
}

/** Null where a field comes twice, of which the last would count. */
function sortMembers(bytes: Buffer, members: Members, { firstMember, endMember }: SightedBytes): Sorted | null {
  const fields = NO_FIELDS.slice();
  const extra: Stretch[] = [];
  let from = NONE;
  let to = NONE;
  for (let member = firstMember; member < endMember; member += 1) {
    const field = fieldAt(bytes, members.keyAt(member), members.keyEnd(member));
    if (field === NONE) {
      if (from === NONE) from = members.keyAt(member);
      to = members.valueEnd(member);
      continue;
    }
    if (fields[field] !== NONE) return null;
    fields[field] = member;
    if (from !== NONE) extra.push({ from, to });
    from = NONE;
  }
  if (from !== NONE) extra.push({ from, to });
  return { fields, extra };
}

/** The place of a field in ARTIFACT_FIELDS by its key. */
function fieldAt(bytes: Buffer, keyAt: number, keyEnd: number): number {
  for (const { field, key } of KEYS_OF_LENGTH[keyEnd - keyAt] ?? NO_KEYS) if (isSame(bytes, keyAt, key)) return field;
  return NONE;
}

function textOf(bytes: Buffer, members: Members, member = NONE): Stretch | null {
  if (member === NONE) return null;
  const start = members.valueAt(member);
  const end = members.valueEnd(member);
  // In bytes, of which a character has one or more.
  if (end - start - 2 > LONGEST_TEXT || afterPlainString(bytes, start) !== end) return null;
  return { from: start + 1, to: end - 1 };
}

const TRUE = 0x74;
const FALSE = 0x66;

function flagOf(bytes: Buffer, members: Members, member = NONE): boolean | null {
  if (member === NONE) return false;
  const byte = bytes[members.valueAt(member)];
  return byte === TRUE || byte === FALSE ? byte === TRUE : null;
}

/** A number of a plain item has no more digits than a double holds. */
function counterOf(bytes: Buffer, members: Members, member = NONE): number | null {
  if (member === NONE) return 0;
  const start = members.valueAt(member);
  const end = members.valueEnd(member);
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === undefined || !isDigit(byte)) return null;
    value = value * 10 + byte - ZERO;
  }
  return value;
}

const NULL = 0x6e;

/** Null where it is missing or says so; undefined where it is something else than an object. */
function objectOf(bytes: Buffer, members: Members, member = NONE): Stretch | null | undefined {
  if (member === NONE) return null;
  const from = members.valueAt(member);
  if (bytes[from] === NULL) return null;
  return bytes[from] === OPEN_BRACE ? { from, to: members.valueEnd(member) } : undefined;
}
