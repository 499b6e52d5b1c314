/** Takes every secret out of a text. */
export type Redactor = (text: string) => string;

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/**
 * A function that replaces secrets wherever they occur in a text that came from outside, also where they are written
 * as JSON, in an address or in base64 (design section 6: a secret never reaches a log, an error, a letter).
 *
 * @param secrets what must not be seen; empty ones and undefined are passed over
 */
export function createRedactor(secrets: readonly (string | null | undefined)[]): Redactor {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === null || secret === undefined || secret === '') continue;
    forms.add(secret);
    forms.add(JSON.stringify(secret).slice(1, -1));
    forms.add(encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, '\ufffd')));
    forms.add(Buffer.from(secret).toString('base64'));
    forms.add(Buffer.from(secret).toString('base64url'));
  }
  // Longest first: a secret that holds another one goes as a whole.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
}
