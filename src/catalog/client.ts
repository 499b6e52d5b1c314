import { isUtf8 } from 'node:buffer';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { Agent } from 'undici';
import type { Clock } from '../clock.ts';
import { parseCatalogUrl } from './address.ts';
import { ACCEPTED_ENCODINGS, unpack } from './body.ts';
import { describeRead, parsePage } from './contract.ts';
import { readErrorAnswer } from './error-envelope.ts';
import { oneLine } from './excerpt.ts';
import { type Exchanged, exchange, OutOfTime } from './exchange.ts';
import { Failure, type FailureClass, type FailureDetails } from './failure.ts';
import { type Kind, listingPath } from './kinds.ts';
import { createRequestPacer, type RequestPacer } from './pacer.ts';
import type { CatalogPage, KnownLists, PageQuery } from './page.ts';
import { decodeUtf8, MOST_LOOKED_AT_BYTES, payloadOf } from './payload.ts';
import { classifyStatus, policyOf } from './policy.ts';
import { createRedactor, type Redactor } from './redact.ts';
import { tellsSecret } from './repeated-secret.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { SharedPace } from './shared-pace.ts';
import { sightPage } from './sighted-page.ts';
import { classifyTransport, describeTransport } from './transport.ts';

/** How a client proves who it is; never both. */
export type Credentials = { readonly token: string } | { readonly apiKey: string };

export interface CatalogClientOptions {
  /** The base address, with or without `/api/v1`. */
  readonly url: string;
  /** Whether http is allowed for a host that is not loopback. */
  readonly allowHttp?: boolean;
  readonly credentials?: Credentials | null;
  /** The version of catalog-mirror, for `User-Agent`. */
  readonly version: string;
  readonly clock: Clock;
  /** For the whole answer, connecting included, however slowly it drips. Default 20,000. */
  readonly timeoutMs?: number;
  /** For the connection alone. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** The most bytes of a body, as received and as unpacked. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  readonly maxRequestsPerSecond?: number | undefined;
  /** Shared with other processes that use the same token at this catalog; without it the pace is this client's alone. */
  readonly pace?: SharedPace | undefined;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of a list that is one of these, no item is looked for before somebody asks. */
  readonly known?: KnownLists | undefined;
  /**
   * Called once a 200 has arrived, before its body is unpacked and looked at: that is left for later, so that what this asks
   * of the catalog is on its way before.
   */
  readonly onArrival?: (() => void) | undefined;
}

/** Reads pages of a catalog. One per token: its pacer slows all that use it. */
export interface CatalogClient {
  readonly pacer: RequestPacer;
  /**
   * Reads one page with one request, sending all five query parameters. Never tries again (retry.ts does) and never
   * follows a redirect: the token goes to no other host.
   *
   * @throws Failure of the class that design section 6 gives to what happened; the signal's reason when it aborts
   */
  readPage(kind: Kind, query: PageQuery, options?: ReadOptions): Promise<CatalogPage>;
  /** Ends every connection, and with it every read that is under way. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

/** What a header can carry: visible ASCII. Anything else would fail later, in words that might repeat the secret. */
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/**
 * Makes a client. Opens no connection yet.
 *
 * @throws CatalogAddressError for an address that cannot be used; Failure `authentication` for a token or key that no
 *   header can carry
 */
export function createCatalogClient(options: CatalogClientOptions): CatalogClient {
  const base = parseCatalogUrl(options.url, { allowHttp: options.allowHttp ?? false });
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const credentials = options.credentials ?? null;
  const secret = secretOf(credentials);
  const redact = createRedactor([secret]);
  const tells = tellsSecret(secret, redact);
  // A secret that may be part of an id: it must be looked for before an id is taken for one.
  const canSight = secret === null || !/^[\da-f-]+$/i.test(secret);
  const headers = {
    accept: 'application/json',
    'accept-encoding': ACCEPTED_ENCODINGS,
    'user-agent': `catalog-mirror/${options.version}`,
    ...authorization(credentials),
  };
  const agent = new Agent({
    connect: { timeout: Math.min(options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS, timeoutMs) },
    // One limit, for the whole answer, is kept below: these two start anew with every byte.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  const readPage: CatalogClient['readPage'] = async (kind, query, { signal, known, onArrival } = {}) => {
    signal?.throwIfAborted();
    const path = `${base.pathname}${listingPath(kind, query.organization)}?${queryString(query)}`;
    const fail = createFail(kind, query, redact);
    try {
      const most = { ofGood: maxBodyBytes, ofOther: MOST_LOOKED_AT_BYTES };
      const answer = await exchange(agent, { origin: base.origin, path, headers }, { timeoutMs, signal, most });
      if (answer.status !== 200) throw await refusal(answer, { base, path, fail, redact, now: clock.now() });
      let arrivedAt = clock.now();
      const bytes = await wholeBody(answer, maxBodyBytes, fail, redact, async () => {
        arrivedAt = clock.now();
        onArrival?.();
        await othersTurn();
      });
      if (!isUtf8(bytes)) {
        const payload = payloadOf(bytes, redact);
        throw fail('invalid_json', 'the answer is not UTF-8, so it is not JSON', { status: 200, payload });
      }
      const context = { query, arrivedAt, redact, tellsSecret: tells };
      const sighted = canSight ? sightPage(kind, bytes, context, known) : null;
      return sighted ?? parsePage(kind, decodeUtf8(bytes) ?? '', context);
    } catch (error) {
      if (error instanceof Failure) throw error;
      signal?.throwIfAborted();
      if (error instanceof OutOfTime) {
        throw fail('timeout', `${base.host} gave no complete answer within ${timeoutMs / 1000} s`);
      }
      // Only its words go on as the cause: the library's own error may hold parts of what was sent and received.
      const words = redact(describeTransport(error));
      throw fail(classifyTransport(error), `the request to ${base.host} failed: ${words}`, { cause: new Error(words) });
    }
  };

  return {
    pacer: createRequestPacer({ clock, maxRequestsPerSecond: options.maxRequestsPerSecond, shared: options.pace }),
    readPage,
    close: () => agent.destroy(),
  };
}

function secretOf(credentials: Credentials | null): string | null {
  if (credentials === null) return null;
  const [secret, setting] =
    'token' in credentials ? [credentials.token, 'CATALOG_TOKEN'] : [credentials.apiKey, 'CATALOG_API_KEY'];
  if (HEADER_SAFE.test(secret)) return secret;
  throw new Failure({
    class: 'authentication',
    operation: 'prepare requests to the catalog',
    subject: setting,
    detail:
      'it is empty or holds a character that a header cannot carry (a space, a line break, a letter beyond ASCII)',
    hint: `set ${setting} to the secret alone, without quotes or spaces`,
  });
}

function authorization(credentials: Credentials | null): Record<string, string> {
  if (credentials === null) return {};
  return 'token' in credentials
    ? { authorization: `Bearer ${credentials.token}` }
    : { 'x-api-key': credentials.apiKey };
}

function queryString(query: PageQuery): string {
  return new URLSearchParams({
    sort_by: query.sortBy,
    sort_dir: query.sortDir,
    page: String(query.page),
    limit: String(query.limit),
    include_public: String(query.includePublic),
  }).toString();
}

type Fail = (
  failureClass: FailureClass,
  detail: string,
  more?: Pick<FailureDetails, 'status' | 'type' | 'retryAfterMs' | 'payload' | 'cause'>,
) => Failure;

function createFail(kind: Kind, query: PageQuery, redact: Redactor): Fail {
  const { operation, subject } = describeRead(kind, query);
  return (failureClass, detail, more = {}) =>
    new Failure({
      class: failureClass,
      operation,
      subject,
      detail: redact(detail),
      hint: policyOf(failureClass).hint,
      ...more,
      // It was read out of what is escaped, so that it may hold a secret that its source did not show.
      type: more.type === undefined || more.type === null ? null : redact(more.type),
    });
}

function header({ headers }: Exchanged, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value[0] : value;
}

/** The bytes of a 200, unpacked; `onArrival` is waited for before that. */
async function wholeBody(
  answer: Exchanged,
  limit: number,
  fail: Fail,
  redact: Redactor,
  onArrival: () => Promise<void>,
): Promise<Buffer> {
  const tooLarge = (): Failure => {
    return fail('too_large', `the answer is larger than ${limit} bytes`, { status: answer.status });
  };
  if (answer.end === 'cut') throw tooLarge();
  await onArrival();
  const encoding = answer.headers['content-encoding'] ?? '';
  const body = await unpack(answer.body, String(encoding), limit);
  switch (body.status) {
    case 'whole':
      return body.bytes;
    case 'too_large':
      throw tooLarge();
    case 'damaged':
      throw fail('invalid_json', `the answer does not unpack as ${body.encoding}`, {
        status: answer.status,
        payload: payloadOf(body.bytes, redact),
      });
    case 'unknown_encoding':
      throw fail(
        'contract_violation',
        `the answer is encoded as ${oneLine(redact(body.encoding))}, which was not asked for`,
        {
          status: answer.status,
        },
      );
  }
}

interface RefusalContext {
  readonly base: URL;
  readonly path: string;
  readonly fail: Fail;
  readonly redact: Redactor;
  readonly now: Date;
}

/** The failure that an answer other than 200 is. A body that cannot be read does not hide the status. */
async function refusal(answer: Exchanged, context: RefusalContext): Promise<Failure> {
  const { base, path, fail, redact, now } = context;
  const { status } = answer;
  const bytes = await errorBody(answer);
  const payload = bytes === null || bytes.length === 0 ? null : payloadOf(bytes, redact);
  const { detail, type } = readErrorAnswer(redact(bytes?.toString('utf8') ?? ''));
  const failureClass = classifyStatus(status, detail ?? '');
  const retryAfterMs = parseRetryAfter(header(answer, 'retry-after'), now);
  const more = { status, type, retryAfterMs, payload };
  if (failureClass === 'redirect') {
    const target = redirectTarget(header(answer, 'location'), new URL(path, base));
    return fail('redirect', `the catalog answered ${status} and points to ${target}; redirects are not followed`, more);
  }
  return fail(failureClass, `the catalog answered ${status}${detail === null ? '' : `: ${detail}`}`, more);
}

/** As much of an error's body as a letter keeps; null where it cannot be read. */
async function errorBody({ headers, body: received, end }: Exchanged): Promise<Buffer | null> {
  if (end === 'broken') return null;
  const body = await unpack(received, String(headers['content-encoding'] ?? ''), MOST_LOOKED_AT_BYTES);
  return body.status === 'whole' ? body.bytes : null;
}

/** Only scheme and host: the rest of an address may hold what nobody should read. */
function redirectTarget(location: string | undefined, from: URL): string {
  if (location === undefined) return 'no address';
  try {
    const target = new URL(location, from);
    return target.host === '' ? 'an address without a host' : `${target.protocol}//${target.host}`;
  } catch {
    return 'an address that cannot be read';
  }
}
