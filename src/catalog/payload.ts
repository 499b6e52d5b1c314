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

/**
 * A text cut to so many bytes of UTF-8, between characters.
 *
 * @param most in bytes; 1 MiB unless said otherwise
 */
export function cutPayload(text: string, most: number = LONGEST_PAYLOAD_BYTES): string {
  // A unit of UTF-16 takes at most three bytes, so that most texts need not be measured.
  if (text.length * 3 <= most) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** Read beyond the limit, so that no secret is cut by it: longer than any secret however it is escaped. */
const SLACK_BYTES = 128 * 1024;
const LONGEST_CHARACTER_BYTES = 4;

const MOST_BYTES_AS_BASE64 = Math.floor((LONGEST_PAYLOAD_BYTES - BASE64_PREFIX.length) / 4) * 3;

/** As much of a body as is needed for its payload, in bytes. */
export const MOST_LOOKED_AT_BYTES = LONGEST_PAYLOAD_BYTES + SLACK_BYTES + LONGEST_CHARACTER_BYTES;

/**
 * What was received, as a letter keeps it: its text, or `base64:` and its bytes where PostgreSQL's text refuses them
 * (not UTF-8, or U+0000 in it). Secrets are taken out before the cut, so that half a secret cannot stay.
 */
export function payloadOf(bytes: Uint8Array, redact: Redactor): string {
  const isCut = bytes.length >= MOST_LOOKED_AT_BYTES;
  const start = isCut ? wholeCharacters(bytes.subarray(0, MOST_LOOKED_AT_BYTES)) : bytes;
  // What stands at the very end may be half of a secret; where many were taken out, that is before the limit.
  const most = (length: number, limit: number): number => Math.min(limit, isCut ? length - SLACK_BYTES : length);
  const text = asText(start);
  if (text !== null && !text.includes('\u0000')) {
    const redacted = redact(text);
    return cutPayload(redacted, most(Buffer.byteLength(redacted), LONGEST_PAYLOAD_BYTES));
  }
  const redacted = Buffer.from(redact(Buffer.from(start).toString('latin1')), 'latin1');
  return `${BASE64_PREFIX}${redacted.subarray(0, most(redacted.length, MOST_BYTES_AS_BASE64)).toString('base64')}`;
}

/** The text with its byte order mark; null where it is none. */
function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Up to three bytes less: those of a last character that is not whole. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let cut = 1; cut <= 3; cut += 1) {
    const byte = bytes[bytes.length - cut] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - cut);
  }
  return bytes;
}
