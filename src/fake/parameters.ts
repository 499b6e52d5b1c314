import type { ListingQuery } from './listing.ts';

/** One entry of the error envelope's `errors`. */
export interface ParameterProblem {
  readonly loc: readonly string[];
  readonly msg: string;
  readonly type: string;
}

export type ParsedParameters =
  | { readonly ok: true; readonly query: ListingQuery }
  | { readonly ok: false; readonly problems: readonly ParameterProblem[] };

const SORT_COLUMNS = ['name', 'created_at', 'updated_at', 'file_size_bytes'] as const;
const SORT_DIRECTIONS = ['asc', 'desc'] as const;
const TRUE_WORDS = new Set(['true', '1', 'yes', 'on']);
const FALSE_WORDS = new Set(['false', '0', 'no', 'off']);

/**
 * Reads the five query parameters as the contract defines them, each with its default. Parameters that the contract
 * does not know are ignored; where one is given twice the last counts. Every mistake is reported, not just the first.
 */
export function parseParameters(parameters: URLSearchParams): ParsedParameters {
  const problems: ParameterProblem[] = [];
  const refuse = (name: string, msg: string, type: string): void => {
    problems.push({ loc: ['query', name], msg, type });
  };

  const choice = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const given = parameters.getAll(name).at(-1);
    if (given === undefined) return fallback;
    const found = allowed.find((one) => one === given);
    if (found === undefined) refuse(name, `Input should be one of ${allowed.join(', ')}`, 'enum');
    return found ?? fallback;
  };

  const positive = (name: string, fallback: number): number => {
    const given = parameters.getAll(name).at(-1);
    if (given === undefined) return fallback;
    if (!/^[+-]?\d{1,15}$/.test(given)) {
      refuse(name, 'Input should be a valid integer', 'int_parsing');
      return fallback;
    }
    const value = Number(given);
    if (value < 1) refuse(name, 'Input should be greater than or equal to 1', 'greater_than_equal');
    return value;
  };

  const flag = (name: string, fallback: boolean): boolean => {
    const given = parameters.getAll(name).at(-1)?.toLowerCase();
    if (given === undefined) return fallback;
    if (TRUE_WORDS.has(given)) return true;
    if (!FALSE_WORDS.has(given)) refuse(name, 'Input should be a valid boolean', 'bool_parsing');
    return false;
  };

  const query: ListingQuery = {
    sortBy: choice('sort_by', SORT_COLUMNS, 'created_at'),
    sortDir: choice('sort_dir', SORT_DIRECTIONS, 'desc'),
    page: positive('page', 1),
    limit: positive('limit', 50),
    includePublic: flag('include_public', false),
  };
  return problems.length === 0 ? { ok: true, query } : { ok: false, problems };
}
