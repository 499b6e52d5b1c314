import { gzipSync } from 'node:zlib';
import type { FailureClass } from '../../src/catalog/failure.ts';
import type { JsonObject } from '../../src/catalog/page.ts';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import type { FakeRequest } from '../../src/fake/server.ts';
import { artifact } from '../mirror/harness.ts';

/** What the request brought with it, in every way that a server could write it down again. */
export interface Echo {
  readonly secret: string;
  /** The headers of the request as JSON, and the secret in many other forms. */
  readonly everything: string;
  readonly headers: JsonObject;
}

/** What a catalog has to repeat of a request: its headers, and the secret in them. */
export function echoOf({ headers }: FakeRequest, secret: string): Echo {
  const each = (write: (code: string) => string): string =>
    Array.from(secret, (character) => write(character.charCodeAt(0).toString(16).padStart(2, '0'))).join('');
  const sent: JsonObject = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const everything = [
    JSON.stringify(sent),
    JSON.stringify(JSON.stringify(sent)),
    secret,
    secret.toUpperCase(),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(`Bearer ${secret}`).toString('base64'),
    each((code) => `\\u00${code}`),
    each((code) => `&#x${code};`),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    JSON.stringify(secret).replaceAll('/', '\\/'),
  ].join(' ');
  return { secret, everything, headers: sent };
}

let zeros: Buffer | null = null;

/** What a catalog repeats, and then more than 64 MiB, in a body of some 70 KB. */
function bomb({ everything }: Echo): Buffer {
  zeros ??= gzipSync(Buffer.alloc(70 * 2 ** 20));
  return Buffer.concat([gzipSync(everything), zeros]);
}

type Answer = (echo: Echo) => Misbehaviour;

const html = ({ everything }: Echo): string => `<!doctype html><html><body>${everything}</body></html>`;

const error =
  (status: number): Answer =>
  (echo) => ({
    act: 'status',
    status,
    detail: `refused ${echo.everything}`,
    type: `refused_${echo.secret}`,
    errors: [{ loc: ['header', echo.secret], msg: echo.everything, type: 'value_error' }],
  });

const raw =
  (
    body: (echo: Echo) => string | Uint8Array,
    more: { status?: number; headers?: Record<string, string> } = {},
  ): Answer =>
  (echo) => ({ act: 'raw', body: body(echo), ...more });

/** A page with one item that has other fields besides its own. */
const record =
  (fields: (echo: Echo) => JsonObject): Answer =>
  (echo) => ({ act: 'list', list: (items) => [...items.slice(0, 2), { ...artifact(9, {}, 'echo'), ...fields(echo) }] });

/** One organization for each failure that a catalog can cause while it repeats what it was sent. */
export const ECHOES: Readonly<Record<string, readonly [failureClass: FailureClass, answer: Answer]>> = {
  'bad-request': ['invalid_request', error(400)],
  unauthorized: ['authentication', error(401)],
  payment: ['client_error', error(402)],
  forbidden: ['forbidden', error(403)],
  'not-found': ['not_found', error(404)],
  proxy: ['client_error', raw(html, { status: 407, headers: { 'content-type': 'text/html' } })],
  conflict: ['conflict', error(409)],
  validation: ['validation', error(422)],
  upgrade: ['upgrade_required', error(426)],
  limited: ['rate_limited', (echo) => ({ act: 'status', status: 429, detail: echo.everything, retryAfter: '100000' })],
  credits: ['out_of_credits', (echo) => ({ act: 'status', status: 429, detail: `no credits ${echo.everything}` })],
  broken: ['server_error', error(500)],
  gateway: ['bad_gateway', (echo) => ({ act: 'status', status: 502, html: html(echo) })],
  unavailable: ['unavailable', error(503)],
  'gateway-timeout': ['gateway_timeout', (echo) => ({ act: 'status', status: 504, html: html(echo) })],
  partial: ['contract_violation', error(206)],
  'large-error': ['server_error', (echo) => ({ act: 'status', status: 507, html: html(echo).repeat(2_000) })],
  redirected: [
    'redirect',
    ({ secret }) => ({
      act: 'redirect',
      location: `https://${encodeURIComponent(secret)}@x.example/${encodeURIComponent(secret)}`,
    }),
  ],
  'redirected-to-host': [
    'redirect',
    ({ secret }) => ({ act: 'redirect', location: `https://${encodeURIComponent(secret)}.example/` }),
  ],
  html: ['invalid_json', raw(html)],
  'broken-json': ['invalid_json', raw(({ headers }) => JSON.stringify(headers).slice(0, -1))],
  'no-text': ['invalid_json', raw(({ everything }) => Buffer.from(`\u0000${everything}\u00ff`, 'latin1'))],
  damaged: ['invalid_json', raw(({ everything }) => everything, { headers: { 'content-encoding': 'gzip' } })],
  'other-json': ['contract_violation', raw(({ headers }) => JSON.stringify({ headers }))],
  encoding: ['contract_violation', (echo) => ({ act: 'raw', body: 'x', headers: { 'content-encoding': echo.secret } })],
  'other-page': [
    'contract_violation',
    (echo) => ({ act: 'change', change: (page) => ({ ...page, page: 77, echo: echo.headers }) }),
  ],
  bomb: ['too_large', raw(bomb, { headers: { 'content-encoding': 'gzip' } })],
  reset: ['connection', () => ({ act: 'reset', keepBytes: 40 })],
  hangs: ['timeout', () => ({ act: 'hang', keepBytes: 20 })],
  'record-name': ['invalid_record', record(({ secret }) => ({ name: `acme/${secret}` }))],
  'record-field': ['invalid_record', record(({ headers }) => ({ version: 7, echo: headers }))],
  'record-key': ['invalid_record', record(({ secret }) => ({ [secret]: '\u0000', origin: { [secret]: '\ud800' } }))],
  'record-good': ['invalid_record', record(({ everything }) => ({ notes: [everything] }))],
  'record-without-id': ['invalid_record', record(({ everything }) => ({ id: everything, created_at: everything }))],
};
