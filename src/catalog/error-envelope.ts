import { z } from 'zod';
import { excerpt, oneLine } from './excerpt.ts';
import { parseJson } from './parse-json.ts';

/** What a failed answer says about itself. */
export interface ErrorAnswer {
  /** In a line; null where the body says nothing. */
  readonly detail: string | null;
  /** The API's own `type`, as it came; null where there is none or no table could hold it. */
  readonly type: string | null;
}

const LONGEST_DETAIL = 1000;
const LONGEST_TYPE = 256;
const MOST_PROBLEMS = 10;

const problem = z.looseObject({
  loc: z.array(z.union([z.string(), z.number()])).catch([]),
  msg: z.string().catch(''),
});

/** Each part is taken if it is right and passed over if not: a half-broken envelope still says something. */
const envelope = z.looseObject({
  detail: z
    .union([z.string(), z.array(problem)])
    .optional()
    .catch(undefined),
  type: z.string().optional().catch(undefined),
  errors: z.array(problem).catch([]).default([]),
});

type Problem = z.infer<typeof problem>;

function describeProblems(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ loc, msg }) => [loc.join('.'), msg].filter((part) => part !== '').join(': '))
    .filter((line) => line !== '');
  return lines.join('; ');
}

/**
 * Reads the body of an answer that is not a 200: the contract's error envelope, whole or in part, or whatever a gateway
 * sent in its place. Never throws. A validation error's detail says where and what for each of its errors.
 */
export function readErrorAnswer(body: string): ErrorAnswer {
  let json: unknown;
  try {
    json = parseJson(body);
  } catch {
    return { detail: excerpt(body) || null, type: null };
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) return { detail: oneLine(body) || null, type: null };
  const { detail, type, errors } = parsed.data;
  const told = typeof detail === 'string' ? detail : describeProblems(detail ?? []);
  const problems = describeProblems(errors);
  const whole = [told, problems === '' ? '' : `(${problems})`].filter((part) => part !== '').join(' ');
  const typeLine = type === undefined ? '' : oneLine(type, LONGEST_TYPE);
  return {
    detail: oneLine(whole === '' ? body : whole, LONGEST_DETAIL) || null,
    type: typeLine === '' ? null : typeLine,
  };
}
