import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { JsonObject, JsonValue } from '../catalog/page.ts';
import type { FakeArtifact } from './listing.ts';
import type { ParameterProblem } from './parameters.ts';

/** What the fake catalog does with one request instead of answering as the contract says. */
export type Act =
  /** Answers as the contract says; for `latencyMs` and `afterwards` alone. */
  | { readonly act: 'answer' }
  /** Answers another status, with the error envelope or, where `html` is given, with a gateway's page. */
  | {
      readonly act: 'status';
      readonly status: number;
      readonly detail?: string;
      readonly type?: string;
      readonly errors?: readonly ParameterProblem[];
      readonly html?: string;
      /** The header, as it is sent: seconds or an HTTP date. */
      readonly retryAfter?: string;
    }
  /** Redirects; default status 302. */
  | { readonly act: 'redirect'; readonly location: string; readonly status?: number }
  /** Sends exactly this; default status 200, no header but those given. */
  | {
      readonly act: 'raw';
      readonly body: string | Uint8Array;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Changes the envelope before it is sent: wrong content, or no envelope at all. */
  | { readonly act: 'change'; readonly change: (envelope: JsonObject) => JsonValue }
  /** Lists other items, or the same in another order; `total` and the flags follow. */
  | { readonly act: 'list'; readonly list: (sorted: readonly FakeArtifact[]) => readonly FakeArtifact[] }
  /** Compresses the answer, whatever the client accepts. */
  | { readonly act: 'compress'; readonly encoding: 'gzip' | 'deflate' | 'br' }
  /** Promises the whole body, sends `keepBytes` of it and ends the connection in good order. */
  | { readonly act: 'truncate'; readonly keepBytes: number }
  /** Sends `keepBytes` of the body and resets the connection. */
  | { readonly act: 'reset'; readonly keepBytes: number }
  /** Sends the body in pieces, with a pause before each. */
  | { readonly act: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Says nothing more: from the start, or once the headers and `keepBytes` of the body are out. */
  | { readonly act: 'hang'; readonly keepBytes?: number };

/** One act, and what goes with it. */
export type Misbehaviour = Act & {
  /** Waits this long before anything is sent. The list is read before the wait. */
  readonly latencyMs?: number;
  /** Runs as soon as the list has been read for this answer, before anything is sent: "after the n-th read". */
  readonly afterwards?: () => void;
};

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

/** An answer that is ready to be sent. */
export interface PreparedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A JSON answer, as the contract's own are. */
export function jsonAnswer(status: number, value: JsonValue, headers: Record<string, string> = {}): PreparedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** The contract's error envelope. */
export function errorAnswer(
  status: number,
  detail: string,
  type: string,
  errors?: readonly ParameterProblem[],
  headers?: Record<string, string>,
): PreparedAnswer {
  const envelope: JsonObject = { code: status, detail, type };
  if (errors !== undefined) envelope['errors'] = errors.map(({ loc, msg, type }) => ({ loc: [...loc], msg, type }));
  return jsonAnswer(status, envelope, headers);
}

/** Sends an answer in good order. */
export function send(response: ServerResponse, answer: PreparedAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  response.end(answer.body);
}

/** What an act makes of the answer, for those acts that end the exchange in good order. Pure. */
function reshape(answer: PreparedAnswer, act: Act): PreparedAnswer {
  switch (act.act) {
    case 'status': {
      const headers: Record<string, string> = act.retryAfter === undefined ? {} : { 'retry-after': act.retryAfter };
      if (act.html !== undefined) {
        return {
          status: act.status,
          headers: { ...headers, 'content-type': 'text/html' },
          body: Buffer.from(act.html),
        };
      }
      return errorAnswer(
        act.status,
        act.detail ?? `Scripted ${act.status}`,
        act.type ?? 'app_error',
        act.errors,
        headers,
      );
    }
    case 'redirect':
      return { status: act.status ?? 302, headers: { location: act.location }, body: new Uint8Array() };
    case 'raw':
      return { status: act.status ?? 200, headers: act.headers ?? {}, body: Buffer.from(act.body) };
    case 'compress':
      return {
        status: answer.status,
        headers: { ...answer.headers, 'content-encoding': act.encoding },
        body: COMPRESS[act.encoding](answer.body),
      };
    default:
      return answer;
  }
}

/** Sends `answer` the way `act` says. Timers end with the connection, so that a closed server waits for nothing. */
export function sendMisbehaving(response: ServerResponse, answer: PreparedAnswer, act: Act): void {
  switch (act.act) {
    case 'truncate':
      sendPart(response, answer, act.keepBytes, () => response.socket?.end());
      break;
    case 'reset':
      sendPart(response, answer, act.keepBytes, () => resetSoon(response.socket));
      break;
    case 'hang':
      if (act.keepBytes !== undefined) sendPart(response, answer, act.keepBytes, () => {});
      break;
    case 'drip':
      drip(response, answer, act.bytes, act.everyMs);
      break;
    default:
      send(response, reshape(answer, act));
  }
}

/** Resets a connection, a moment after what was sent: a client that finds both at once takes it for a plain end. */
function resetSoon(socket: Socket | null): void {
  setTimeout(() => socket?.resetAndDestroy(), 10);
}

function sendPart(response: ServerResponse, answer: PreparedAnswer, keepBytes: number, then: () => void): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  response.flushHeaders();
  response.write(answer.body.subarray(0, keepBytes), then);
}

function drip(response: ServerResponse, answer: PreparedAnswer, bytes: number, everyMs: number): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    response.write(answer.body.subarray(sent, sent + bytes));
    sent += bytes;
    if (sent < answer.body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.once('close', () => clearInterval(timer));
}
