import { beginningsOf, endOfEscaped, searchable } from './escapes.ts';

/** Takes every secret out of a text. */
export type Redactor = (text: string) => string;

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Fewer bytes in base64, not aligned with its groups, would be found in texts that have nothing to do with them. */
const SHORTEST_UNALIGNED_BYTES = 8;

/**
 * A function that replaces secrets wherever they occur in a text that came from outside (design section 6: a secret
 * never reaches a log, an error, a letter). Whoever repeats one may write it in his own way: in either case, each of its
 * characters escaped as in JSON, in an address or in HTML, also twice, or as a part of what stands there in base64.
 *
 * @param secrets what must not be seen; empty ones and undefined are passed over
 */
export function createRedactor(secrets: readonly (string | null | undefined)[]): Redactor {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === null || secret === undefined || secret === '') continue;
    for (const form of formsOf(secret)) forms.add(form);
  }
  // Longest first: a secret that holds another one goes as a whole.
  const searches = [...forms].sort((a, b) => b.length - a.length).map(searchFor);
  return (text) => searches.reduce((rest, takeOut) => takeOut(rest), text);
}

/** The ways to write a secret that are looked for, beside those that escape its characters one by one. */
export function formsOf(secret: string): readonly string[] {
  return [secret, bytesAsText(secret), ...escapedForms(secret), ...base64Forms(secret)];
}

/** How the bytes of a text read that were escaped one by one, as in an address. */
const bytesAsText = (text: string): string => Buffer.from(text).toString('latin1');

/** Of a secret that holds what begins an escape: once escaped, it may read as another one. */
function escapedForms(secret: string): readonly string[] {
  if (!/[\\%&]/.test(secret)) return [];
  const inAddress = encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  return [JSON.stringify(secret).slice(1, -1), inAddress, secret.replaceAll('&', '&amp;')];
}

/** What of the secret in base64 is always the same, whatever stands before and behind it there. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  if (bytes.length < SHORTEST_UNALIGNED_BYTES) return [bytes.toString('base64').replace(/=+$/, '')];
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function searchFor(form: string): Redactor {
  const wanted = searchable(form);
  const beginnings = beginningsOf(wanted);
  // As it is, too: what looks like an escape may be part of the secret itself.
  return (text) => takeOutEscaped(text, wanted, beginnings).replaceAll(form, REDACTED);
}

function takeOutEscaped(text: string, wanted: string, beginnings: RegExp): string {
  const kept: string[] = [];
  let behindLast = 0;
  beginnings.lastIndex = 0;
  for (let found = beginnings.exec(text); found !== null; found = beginnings.exec(text)) {
    const end = endOfEscaped(text, found.index, wanted);
    if (end === -1) continue;
    kept.push(text.slice(behindLast, found.index), REDACTED);
    behindLast = end;
    beginnings.lastIndex = end;
  }
  return kept.length === 0 ? text : `${kept.join('')}${text.slice(behindLast)}`;
}
