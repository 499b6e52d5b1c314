import { gzipSync } from 'node:zlib';
import type { FailureClass } from '../../src/catalog/failure.ts';
import type { Act } from '../../src/fake/misbehaviour.ts';

/** What the catalog may answer instead of a page, and the class that the mirror has to put it into. */
export interface BadAnswer {
  readonly what: string;
  readonly errorClass: FailureClass;
  readonly act: () => Act;
}

/** Beyond what the client reads of one body, in bytes, and next to nothing on the wire. */
const TOO_LARGE = 64 * 1024 * 1024 + 1;
let bomb: Uint8Array | null = null;

function status(code: number, errorClass: FailureClass, detail?: string): BadAnswer {
  return {
    what: `${code}${detail === undefined ? '' : ` (${detail})`}`,
    errorClass,
    act: () => ({ act: 'status', status: code, ...(detail === undefined ? {} : { detail }) }),
  };
}

function answer(what: string, errorClass: FailureClass, act: Act): BadAnswer {
  return { what, errorClass, act: () => act };
}

/** What a gateway answers while the catalog behind it is away. */
export const GATEWAY_ANSWERS: readonly BadAnswer[] = [
  answer('502 in HTML', 'bad_gateway', { act: 'status', status: 502, html: '<h1>Bad Gateway</h1>' }),
  answer('503 in HTML', 'unavailable', { act: 'status', status: 503, html: '<h1>Unavailable</h1>' }),
  answer('504 in HTML', 'gateway_timeout', { act: 'status', status: 504, html: '<h1>Gateway Timeout</h1>' }),
  answer('reset', 'connection', { act: 'reset', keepBytes: 0 }),
];

/** What passes, so that the mirror tries again. */
export const PASSING_ANSWERS: readonly BadAnswer[] = [
  status(500, 'server_error'),
  status(502, 'bad_gateway'),
  status(503, 'unavailable'),
  status(504, 'gateway_timeout'),
  answer('reset in mid-body', 'connection', { act: 'reset', keepBytes: 40 }),
  answer('truncated body', 'connection', { act: 'truncate', keepBytes: 40 }),
  answer('JSON that breaks off', 'invalid_json', { act: 'raw', body: '{"models":[{"id":"' }),
  answer('HTML for 200', 'invalid_json', { act: 'raw', body: '<!doctype html><title>Sign in</title>' }),
  answer('slow drip', 'timeout', { act: 'drip', bytes: 1, everyMs: 50 }),
  answer('nothing after the headers', 'timeout', { act: 'hang', keepBytes: 0 }),
];

/** What stays, so that trying again cannot help. */
export const LASTING_ANSWERS: readonly BadAnswer[] = [
  status(400, 'invalid_request'),
  status(401, 'authentication'),
  status(403, 'forbidden'),
  status(404, 'not_found'),
  status(409, 'conflict'),
  status(418, 'client_error'),
  status(422, 'validation'),
  status(426, 'upgrade_required'),
  status(429, 'out_of_credits', 'no credits left'),
  answer('redirect', 'redirect', { act: 'redirect', location: 'https://elsewhere.example/' }),
  answer('another page', 'contract_violation', { act: 'change', change: (page) => ({ ...page, page: 77 }) }),
  answer('a larger limit', 'contract_violation', { act: 'change', change: (page) => ({ ...page, limit: 1_000 }) }),
  {
    what: 'a body that unpacks beyond the limit',
    errorClass: 'too_large',
    act: () => {
      bomb ??= gzipSync(new Uint8Array(TOO_LARGE));
      return { act: 'raw', body: bomb, headers: { 'content-encoding': 'gzip' } };
    },
  },
];

/** Every class that a catalog can be made to cause by its answers; `rate_limited` is for the spells on a token. */
export const BAD_ANSWERS: readonly BadAnswer[] = [...PASSING_ANSWERS, ...LASTING_ANSWERS];
