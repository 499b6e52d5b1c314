const LONGEST_EXCERPT = 200;
/** As much of a body as is looked at for an excerpt: an error page has its sentence near the top. */
const LOOKED_AT = 16 * 1024;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

/** Whether a body looks like a web page rather than data. */
export function looksLikeHtml(body: string): boolean {
  return /^\s*<(!doctype\s+html|html|head|body|!--)/i.test(body.slice(0, LOOKED_AT));
}

/** A text from outside cut to a line that may stand in a sentence: no control characters, no halves of characters. */
export function oneLine(text: string, longest: number = LONGEST_EXCERPT): string {
  const cleaned = text
    .slice(0, LOOKED_AT)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
    .trim();
  const characters = Array.from(cleaned);
  return characters.length <= longest ? cleaned : `${characters.slice(0, longest - 1).join('')}…`;
}

/** The words of a body that is not what was expected, in a line: markup, scripts and styles left out. */
export function excerpt(body: string): string {
  const start = body.slice(0, LOOKED_AT);
  if (!looksLikeHtml(start)) return oneLine(start);
  const words = start
    .replaceAll(/<(script|style)\b[^>]*>[\s\S]*?(<\/\1>|$)/gi, ' ')
    .replaceAll(/<[^>]*(>|$)/g, ' ')
    .replaceAll(/&(#?\w{1,8});/g, (entity, name: string) => ENTITIES[name.toLowerCase()] ?? entity);
  return oneLine(words);
}
