/** The longest that is believed: beyond, the number only has to be too long to wait for. */
const A_YEAR_MS = 365 * 24 * 3600 * 1000;

/** An HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two older forms that RFC 9110 still allows. */
const HTTP_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (\d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * How long a `Retry-After` header asks to wait, in milliseconds; 0 where its date is past, null where there is none or
 * it says nothing.
 *
 * @param header seconds (a fraction is taken too) or an HTTP date
 * @param now what a date is relative to
 */
export function parseRetryAfter(header: string | undefined, now: Date): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), A_YEAR_MS);
  if (!HTTP_DATE.test(text)) return null;
  const moment = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  if (Number.isNaN(moment)) return null;
  return Math.min(Math.max(moment - now.getTime(), 0), A_YEAR_MS);
}
