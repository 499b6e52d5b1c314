import type { Redactor } from './redact.ts';

/** Design section 6: payloads are cut at 1 MiB. */
export const LONGEST_PAYLOAD_BYTES = 1024 * 1024;

/** What stands before the bytes that are no text. */
export const BASE64_PREFIX = 'base64:';

/** Bytes as text, or null where they are not valid UTF-8. A byte order mark is left out. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A text cut at 1 MiB of UTF-8, between characters. */
export function cutPayload(text: string): string {
  // A unit of UTF-16 takes at most three bytes, so that most texts need not be measured.
  if (text.length * 3 <= LONGEST_PAYLOAD_BYTES) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_PAYLOAD_BYTES) return text;
  let end = LONGEST_PAYLOAD_BYTES;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/**
 * What was received, as a letter keeps it: its text, or `base64:` and its bytes where PostgreSQL's text refuses them
 * (not UTF-8, or U+0000 in it). Secrets are taken out before the cut, so that half a secret cannot stay.
 */
export function payloadOf(bytes: Uint8Array, redact: Redactor): string {
  const text = decodeUtf8(bytes);
  if (text !== null && !text.includes('\u0000')) return cutPayload(redact(text));
  const redacted = Buffer.from(redact(Buffer.from(bytes).toString('latin1')), 'latin1');
  const most = Math.floor((LONGEST_PAYLOAD_BYTES - BASE64_PREFIX.length) / 4) * 3;
  return `${BASE64_PREFIX}${redacted.subarray(0, most).toString('base64')}`;
}
