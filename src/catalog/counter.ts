/** What is wrong with a counter. */
export type CounterProblem = 'is not a number' | 'is negative' | 'is not whole' | 'is above 2^53-1';

export type Counter =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: CounterProblem };

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** 2^53-1 has 16 digits. */
const MOST_DIGITS = 16;

/**
 * From here on a double may have lost a fraction, and near 2^53 a whole; below, only a literal with a point or an
 * exponent can have.
 */
const SUSPICIOUS = 2 ** 50;

/** Whether a parsed counter may differ from the literal it came from, going by its size alone. */
export function isSuspicious(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) >= SUSPICIOUS;
}

/**
 * Whether any `download_count` in a text is written with a point or an exponent: `5.00000000000000000001` is 5 to
 * JSON.parse, and only its literal shows that it is no counter.
 */
export function hasUnusualCounter(text: string): boolean {
  return /"download_count"\s*:\s*-?\d+[.eE]/.test(text);
}

/** Judges a counter as JSON.parse gave it. Exact below 2^50; `readCounterLiteral` is, always. */
export function readCounter(value: unknown): Counter {
  if (typeof value !== 'number') return { ok: false, problem: 'is not a number' };
  if (value < 0) return { ok: false, problem: 'is negative' };
  if (value > Number.MAX_SAFE_INTEGER) return { ok: false, problem: 'is above 2^53-1' };
  if (!Number.isInteger(value)) return { ok: false, problem: 'is not whole' };
  // JSON can say -0; a table cannot.
  return { ok: true, value: value === 0 ? 0 : value };
}

/** Not `/0+$/`: a million zeros before a one would keep it busy for hours. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return digits.slice(0, end);
}

/**
 * Judges a counter by its literal, exactly, whatever a double would make of it. `1e3` and `5.0` are whole.
 *
 * @param literal a value of JSON, as it stands in the text
 */
export function readCounterLiteral(literal: string): Counter {
  const parts = DECIMAL.exec(literal);
  if (parts === null) return { ok: false, problem: 'is not a number' };
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return { ok: true, value: 0 };
  if (sign === '-') return { ok: false, problem: 'is negative' };
  const significant = withoutTrailingZeros(digits);
  const zeros = Number(exponent) - fraction.length + (digits.length - significant.length);
  if (zeros < 0) return { ok: false, problem: 'is not whole' };
  if (significant.length + zeros > MOST_DIGITS) return { ok: false, problem: 'is above 2^53-1' };
  const value = BigInt(significant) * 10n ** BigInt(zeros);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return { ok: false, problem: 'is above 2^53-1' };
  return { ok: true, value: Number(value) };
}
