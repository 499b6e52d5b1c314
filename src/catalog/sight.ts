import { afterColon, afterKey, afterPlainString, afterSpace, afterValue, isSame, type Met } from './json-bytes.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-text.ts';
import { digestOf, envelopeText, type ListBytes } from './known-list.ts';
import { Members } from './members.ts';
import type { Sighted } from './page.ts';
import { type Instant, parseInstant } from './timestamp.ts';

/** An item that was seen, and its bytes in the answer. */
export interface SightedBytes extends Sighted {
  /** Half open. */
  readonly start: number;
  readonly end: number;
  /** Whether PostgreSQL would take these bytes for what JSON.parse makes of them. */
  readonly isPlain: boolean;
  /** Which of the answer's members are its own: half open. */
  readonly firstMember: number;
  readonly endMember: number;
}

/** The items of an answer, unread, and the answer without them. */
export interface SightedAnswer {
  readonly items: readonly SightedBytes[];
  readonly members: Members;
  readonly list: ListBytes;
  /** The text of the envelope, with an empty list in place of the items. */
  readonly envelope: string;
}

const UUID_LONG = 36;
const DASH = 0x2d;

/**
 * Sees what a nightly run needs of an item that has not changed, in one pass over the bytes: its id, its place, and a
 * digest. On most nights most items are known by that, and nobody has to make values of them, nor throw those away.
 *
 * @param bytes valid UTF-8
 * @returns null for an answer that must be read to be understood: it is not JSON, or an item shows its id or its place in
 *   another way than nearly all do
 */
export function sightAnswer(bytes: Buffer, envelopeKey: string): SightedAnswer | null {
  const key = Buffer.from(JSON.stringify(envelopeKey));
  let at = afterSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return null;
  const met: Met = { unusual: 0 };
  const members = new Members();
  let list: (ListBytes & { readonly items: readonly SightedBytes[] }) | null = null;
  do {
    const keyAt = afterSpace(bytes, at + 1);
    const value = afterKey(bytes, keyAt, met);
    if (value === -1) return null;
    if (isSame(bytes, keyAt, key)) {
      // Of two lists of one name the last counts; nobody sends two.
      if (list !== null) return null;
      const sighted = sightList(bytes, value, met, members);
      if (sighted === null) return null;
      list = { from: value, to: sighted.end, items: sighted.items };
      at = afterSpace(bytes, sighted.end);
    } else {
      const end = afterValue(bytes, value, met);
      if (end === -1) return null;
      at = afterSpace(bytes, end);
    }
  } while (bytes[at] === COMMA);
  if (list === null || bytes[at] !== CLOSE_BRACE) return null;
  // Mostly nothing follows. To look behind the end even once makes every later look slower, by a sixth of all this takes.
  if (at + 1 < bytes.length && afterSpace(bytes, at + 1) !== bytes.length) return null;
  return { items: list.items, members, list, envelope: envelopeText(bytes, list) };
}

function sightList(
  bytes: Buffer,
  at: number,
  met: Met,
  members: Members,
): { readonly items: readonly SightedBytes[]; readonly end: number } | null {
  if (bytes[at] !== OPEN_BRACKET) return null;
  let position = afterSpace(bytes, at + 1);
  if (bytes[position] === CLOSE_BRACKET) return { items: [], end: position + 1 };
  const items: SightedBytes[] = [];
  for (;;) {
    const item = sightItem(bytes, position, met, members);
    if (item === null) return null;
    items.push(item);
    position = afterSpace(bytes, item.end);
    if (bytes[position] === CLOSE_BRACKET) return { items, end: position + 1 };
    if (bytes[position] !== COMMA) return null;
    position = afterSpace(bytes, position + 1);
  }
}

const ID = Buffer.from('"id"');
const CREATED_AT = Buffer.from('"created_at"');

function sightItem(bytes: Buffer, start: number, met: Met, members: Members): SightedBytes | null {
  if (bytes[start] !== OPEN_BRACE) return null;
  const metBefore = met.unusual;
  const firstMember = members.count;
  let id: string | null = null;
  let createdAt: Instant | null = null;
  let at = start;
  do {
    const keyAt = afterSpace(bytes, at + 1);
    // Where something is escaped, it is perhaps another way to write one of the two.
    const keyEnd = afterPlainString(bytes, keyAt);
    const value = keyEnd === -1 ? -1 : afterColon(bytes, keyEnd);
    const end = value === -1 ? -1 : afterValue(bytes, value, met);
    if (end === -1) return null;
    members.add(keyAt, keyEnd, value, end);
    switch (keyEnd - keyAt) {
      case ID.length:
        if (!isSame(bytes, keyAt, ID)) break;
        id = id === null ? uuidAt(bytes, value, end) : null;
        if (id === null) return null;
        break;
      case CREATED_AT.length:
        if (!isSame(bytes, keyAt, CREATED_AT)) break;
        createdAt = createdAt === null ? instantAt(bytes, value, end) : null;
        if (createdAt === null) return null;
        break;
    }
    at = afterSpace(bytes, end);
  } while (bytes[at] === COMMA);
  if (id === null || createdAt === null || bytes[at] !== CLOSE_BRACE) return null;
  const end = at + 1;
  const isPlain = met.unusual === metBefore;
  const digest = digestOf(bytes, start, end);
  return { id, createdAt, digest, start, end, isPlain, firstMember, endMember: members.count };
}

/** Lower case, with its dashes where PostgreSQL writes them. */
const UUID_DIGITS = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx';
const IS_DASH = Uint8Array.from(UUID_DIGITS, (character) => Number(character === '-'));
const IS_LOWER_CASE_DIGIT = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[\da-f]/.test(String.fromCharCode(byte))),
);

function uuidAt(bytes: Buffer, value: number, end: number): string | null {
  if (bytes[value] !== QUOTE || end - value !== UUID_LONG + 2) return null;
  const from = value + 1;
  // Over the bytes: to match a text takes several times as long.
  for (let index = 0; index < UUID_LONG; index += 1) {
    const byte = bytes[from + index] ?? 0;
    if (IS_DASH[index] === 1 ? byte !== DASH : IS_LOWER_CASE_DIGIT[byte] !== 1) return null;
  }
  return bytes.toString('latin1', from, end - 1);
}

function instantAt(bytes: Buffer, value: number, end: number): Instant | null {
  return bytes[value] === QUOTE ? parseInstant(bytes.toString('latin1', value + 1, end - 1)) : null;
}
