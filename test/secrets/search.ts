/**
 * Finds a secret in what the program left behind, however it is written. Made apart from the program's own redactor, so
 * that what the one overlooks the other does not.
 */

/** A part of a secret is a find as well: half a password is no secret any more. */
const TELLING_PART = 12;

/** In what ways `text` holds `secret`; empty where it does not. */
export function tracesOf(secret: string, text: string): readonly string[] {
  const lower = text.toLowerCase();
  const found = Object.entries(waysToWrite(secret)).flatMap(([way, written]) =>
    lower.includes(written.toLowerCase()) ? [way] : [],
  );
  const foundInBase64 = base64Of(secret).some((written) => text.includes(written)) ? ['in base64'] : [];
  const payloads = text.match(/base64:[\w+/=-]+/g) ?? [];
  const unpacked = payloads.map((payload) => Buffer.from(payload.slice('base64:'.length), 'base64').toString('latin1'));
  const withinPayload = unpacked.some((payload) => tracesOf(secret, payload).length > 0)
    ? ['in a payload of base64']
    : [];
  return [...found, ...foundInBase64, ...withinPayload];
}

function waysToWrite(secret: string): Readonly<Record<string, string>> {
  const json = JSON.stringify(secret).slice(1, -1);
  const each = (write: (code: number) => string): string =>
    Array.from(secret, (character) => write(character.charCodeAt(0))).join('');
  return {
    'as it is': secret,
    'its beginning': secret.slice(0, TELLING_PART),
    'its end': secret.slice(-TELLING_PART),
    'in JSON': json,
    'in JSON within JSON': JSON.stringify(json).slice(1, -1),
    'in JSON with slashes escaped': json.replaceAll('/', '\\/'),
    'in JSON with everything escaped': each((code) => `\\u${code.toString(16).padStart(4, '0')}`),
    'in an address': encodeURIComponent(secret),
    'in HTML': secret
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
    'in HTML with numbers': each((code) => `&#${code};`),
    'in hexadecimal digits': Buffer.from(secret).toString('hex'),
  };
}

/** What all texts in base64 have in common that hold the secret, by where in a group of three bytes it begins. */
function base64Of(secret: string): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.from(`${'?'.repeat(before)}${secret}`);
    const sure = (encoding: 'base64' | 'base64url'): string =>
      encoded.toString(encoding).slice(before === 0 ? 0 : before + 1, Math.floor((encoded.length * 8) / 6));
    return [sure('base64'), sure('base64url')];
  });
}
