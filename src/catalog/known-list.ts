import { hash } from 'node:crypto';
import { CLOSE_BRACKET, OPEN_BRACKET } from './json-text.ts';

/** The list of an answer's items in its bytes: half open, its brackets included. */
export interface ListBytes {
  readonly from: number;
  readonly to: number;
}

/** Half of SHA-256, as large as a uuid: nobody finds two texts of one digest. */
export const DIGEST_BYTES = 16;

/** What a stretch of an answer is known by, in hexadecimal digits. Equal digests, equal bytes. */
export function digestOf(bytes: Buffer, from: number, to: number): string {
  return hash('sha256', bytes.subarray(from, to), 'hex').slice(0, 2 * DIGEST_BYTES);
}

/** The same as bytes, put where they are wanted. */
export function copyDigest(bytes: Buffer, from: number, to: number, target: Buffer, at: number): void {
  // As a text of one character for each byte: that makes no Buffer.
  target.write(hash('sha256', bytes.subarray(from, to), 'binary'), at, DIGEST_BYTES, 'latin1');
}

/**
 * What the ids of a list are known by.
 *
 * @param lines each id as it is written, with a newline
 */
export function idsDigestOf(lines: string | Buffer): string {
  // In one piece: each update of a hash is a call into OpenSSL.
  return hash('sha256', lines, 'base64url');
}

/**
 * Where the list of items must be, if it has been seen before: from the first bracket to the last. A list that is known by
 * its digest is JSON; whether it is the one that the answer lists, the envelope tells (isOnlyList).
 */
export function outermostList(bytes: Buffer): ListBytes | null {
  const from = bytes.indexOf(OPEN_BRACKET);
  const to = bytes.lastIndexOf(CLOSE_BRACKET) + 1;
  return from === -1 || to <= from ? null : { from, to };
}

/**
 * Whether the list that was cut out of an answer is what stands under the envelope's key: before it no bracket opens, and
 * behind it none closes, so that the empty list in its place is the only one the envelope can hold.
 */
export function isOnlyList(envelope: Readonly<Record<string, unknown>>, envelopeKey: string): boolean {
  const list = envelope[envelopeKey];
  return Array.isArray(list) && list.length === 0;
}

/** The text of an answer with an empty list in place of its items. */
export function envelopeText(bytes: Buffer, { from, to }: ListBytes): string {
  return `${bytes.toString('utf8', 0, from)}[]${bytes.toString('utf8', to)}`;
}
