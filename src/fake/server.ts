import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Kind, kindByName } from '../catalog/kinds.ts';
import type { JsonObject } from '../catalog/page.ts';
import type { MovingList } from './adversary/moving-list.ts';
import { movingPage } from './adversary/moving-page.ts';
import { type FakeArtifact, type ListingQuery, MAX_LIMIT, pageOf } from './listing.ts';
import {
  errorAnswer,
  jsonAnswer,
  type Misbehaviour,
  type PreparedAnswer,
  send,
  sendMisbehaving,
} from './misbehaviour.ts';
import { parseParameters } from './parameters.ts';
import { type FakeListings, Shelf } from './shelf.ts';

/** A token or key that is let in, and where to; without `organizations`, everywhere. */
export interface FakeCredential {
  readonly token?: string;
  readonly apiKey?: string;
  readonly organizations?: readonly string[];
}

export interface FakeCatalogOptions {
  readonly organizations: Readonly<Record<string, FakeListings>>;
  /** The one bearer token that is let in everywhere. Short for `credentials: [{ token }]`. */
  readonly token?: string;
  /** Who is let in. Without this and `token`, everybody is. */
  readonly credentials?: readonly FakeCredential[];
  /** Organizations whose models are a list that moves: every request for a page of it is one read. */
  readonly moving?: Readonly<Record<string, MovingList>>;
  /** Asked before all else: an answer for an address that is not the catalog's. Nobody is refused there. */
  readonly control?: (request: FakeRequest) => PreparedAnswer | undefined;
  /** The most items on a page; a larger `limit` is clamped. Default: the contract's 200. A moving list has its own. */
  readonly maxLimit?: number;
  /** The port on loopback; default 0, a free one. */
  readonly port?: number;
}

/** One request as it came in. */
export interface FakeRequest {
  /** 1 for the first request this server ever got. */
  readonly number: number;
  readonly method: string;
  /** The path without its query, as sent. */
  readonly path: string;
  /** Decoded; null where the path is not that of a listing. */
  readonly organization: string | null;
  readonly kind: string | null;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The client's port: requests of one connection share it. */
  readonly remotePort: number | undefined;
}

/** Asked before each answer; may change the catalog first. Returns what to do instead of answering, if anything. */
export type Script = (request: FakeRequest) => Misbehaviour | undefined;

/** A catalog on loopback that keeps the contract, and breaks it where it is told to. */
export interface FakeCatalog {
  /** The base address, without `/api/v1`. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first. */
  readonly requests: readonly FakeRequest[];
  /** The items of one organization in order of insertion. */
  items(organization: string, kind?: string): readonly FakeArtifact[];
  /** Replaces the item with the same `id` where it stands, or appends; makes the organization where it is new. */
  put(organization: string, artifact: FakeArtifact, kind?: string): void;
  /** Changes fields of an item. Throws where there is none of that id. */
  update(organization: string, id: string, fields: FakeArtifact, kind?: string): void;
  /** Throws where there is none of that id: a script that removes nothing tests nothing. */
  remove(organization: string, id: string, kind?: string): void;
  /** Replaces all that an organization lists. */
  setOrganization(organization: string, listings: FakeListings): void;
  /** From now on the models of an organization are this list, whatever else it listed. */
  setMovingList(organization: string, list: MovingList): void;
  /** From now on the organization is unknown: 404. */
  removeOrganization(organization: string): void;
  /** Adds a script; the first one that returns something decides. Returns a function that takes it away again. */
  script(script: Script): () => void;
  /** Ends every connection and the server. */
  close(): Promise<void>;
}

const LISTING_PATH = /^\/api\/v1\/org\/([^/]+)\/([^/]+)$/;

/** Starts a fake catalog on 127.0.0.1. Resolves once it answers; rejects where the port cannot be had. */
export async function startFakeCatalog(options: FakeCatalogOptions): Promise<FakeCatalog> {
  const shelf = new Shelf(options.organizations);
  const moving = new Map(Object.entries(options.moving ?? {}));
  const requests: FakeRequest[] = [];
  const scripts = new Set<Script>();
  const credentials = [
    ...(options.credentials ?? []),
    ...(options.token === undefined ? [] : [{ token: options.token }]),
  ];

  const handle = (message: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(message.url ?? '/', 'http://fake.invalid');
    const request = describeRequest(requests.length + 1, message, url);
    const controlled = options.control?.(request);
    if (controlled !== undefined) {
      send(response, controlled);
      return;
    }
    requests.push(request);
    let misbehaviour: Misbehaviour | undefined;
    for (const script of scripts) {
      misbehaviour = script(request);
      if (misbehaviour !== undefined) break;
    }
    const answer = answerRequest(request, url.searchParams, misbehaviour);
    misbehaviour?.afterwards?.();
    const finish = (): void => sendMisbehaving(response, answer, misbehaviour ?? { act: 'answer' });
    const latency = misbehaviour?.latencyMs ?? 0;
    if (latency === 0) {
      finish();
      return;
    }
    const timer = setTimeout(finish, latency);
    response.once('close', () => clearTimeout(timer));
  };

  const answerRequest = (
    request: FakeRequest,
    parameters: URLSearchParams,
    misbehaviour: Misbehaviour | undefined,
  ): PreparedAnswer => {
    const kind = request.kind === null ? undefined : kindByName(request.kind);
    const { organization } = request;
    if (kind === undefined || organization === null) return errorAnswer(404, 'Not found', 'not_found_error');
    if (request.method !== 'GET')
      return errorAnswer(405, 'Method not allowed', 'app_error', undefined, { allow: 'GET' });
    const refused = authorize(credentials, request.headers, organization);
    if (refused !== null) return refused;
    const list = kind.name === 'models' ? moving.get(organization) : undefined;
    if (!moving.has(organization) && !shelf.has(organization))
      return errorAnswer(404, `Organization ${organization} not found`, 'not_found_error');
    const parsed = parseParameters(parameters);
    if (!parsed.ok) return errorAnswer(422, 'Validation error', 'validation_error', parsed.problems);
    const envelope =
      list === undefined
        ? pageOfShelf(organization, kind, parsed.query, misbehaviour)
        : movingPage(list, parsed.query, kind.envelopeKey);
    return jsonAnswer(200, misbehaviour?.act === 'change' ? misbehaviour.change(envelope) : envelope);
  };

  const pageOfShelf = (
    organization: string,
    kind: Kind,
    query: ListingQuery,
    misbehaviour: Misbehaviour | undefined,
  ): JsonObject => {
    const sorted = shelf.sorted(organization, kind.name, query);
    const listed = misbehaviour?.act === 'list' ? misbehaviour.list(sorted) : sorted;
    return pageOf(listed, query, kind.envelopeKey, options.maxLimit ?? MAX_LIMIT);
  };

  const server = createServer((message, response) => {
    try {
      handle(message, response);
    } catch (error) {
      // A script that throws is a mistake of the test: say so in the answer, where the test will see it.
      send(response, errorAnswer(500, `The fake catalog's script failed: ${String(error)}`, 'app_error'));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake catalog listens on no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    items: (organization, kind = 'models') => shelf.items(organization, kind),
    put: (organization, artifact, kind = 'models') => shelf.put(organization, kind, artifact),
    update: (organization, id, fields, kind = 'models') => {
      const item = shelf.items(organization, kind).find((one) => one['id'] === id);
      if (item === undefined) throw new Error(`the fake catalog lists no ${id} in ${kind} of ${organization}`);
      shelf.put(organization, kind, { ...item, ...fields, id });
    },
    remove: (organization, id, kind = 'models') => {
      if (shelf.remove(organization, kind, id)) return;
      throw new Error(`the fake catalog lists no ${id} in ${kind} of ${organization}`);
    },
    setOrganization: (organization, listings) => shelf.setOrganization(organization, listings),
    setMovingList: (organization, list) => {
      moving.set(organization, list);
    },
    removeOrganization: (organization) => {
      shelf.removeOrganization(organization);
      moving.delete(organization);
    },
    script: (script) => {
      scripts.add(script);
      return () => {
        scripts.delete(script);
      };
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function describeRequest(number: number, message: IncomingMessage, url: URL): FakeRequest {
  const match = LISTING_PATH.exec(url.pathname);
  return {
    number,
    method: message.method ?? 'GET',
    path: url.pathname,
    organization: decode(match?.[1]),
    kind: decode(match?.[2]),
    query: Object.fromEntries(url.searchParams),
    headers: message.headers,
    remotePort: message.socket.remotePort,
  };
}

function decode(segment: string | undefined): string | null {
  if (segment === undefined) return null;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** The refusal, or null where the request is let in: 401 for who is unknown, 403 for who may not see this. */
function authorize(
  credentials: readonly FakeCredential[],
  headers: IncomingHttpHeaders,
  organization: string,
): PreparedAnswer | null {
  if (credentials.length === 0) return null;
  const known = credentials.find(
    ({ token, apiKey }) =>
      (token !== undefined && headers.authorization === `Bearer ${token}`) ||
      (apiKey !== undefined && headers['x-api-key'] === apiKey),
  );
  if (known === undefined) return errorAnswer(401, 'Authentication failed', 'authentication_error');
  if (known.organizations === undefined || known.organizations.includes(organization)) return null;
  return errorAnswer(403, 'Access forbidden', 'forbidden_error');
}
