import { FAILURE_CLASSES, type FailureClass } from './failure.ts';

/**
 * What is done about a failure of one class.
 * - `backoff`: tried again, with growing pauses, a bounded number of times
 * - `wait`: tried again when the server says, without counting as a try
 * - `never`: trying again cannot help
 */
export type Retry = 'backoff' | 'wait' | 'never';

export interface Policy {
  /** The HTTP statuses that are of this class and of no other. */
  readonly statuses: readonly number[];
  /** What else is of this class, as a sentence part; null where nothing is. */
  readonly cause: string | null;
  readonly retry: Retry;
  /** What the reader can do about it, as a sentence part. */
  readonly hint: string;
}

/**
 * Every class, what belongs to it and what is done about it: the only place that says so (design section 6).
 * docs/failures.md is made from it. How the codes of the network and of TLS tell `timeout`, `connection` and `tls` apart:
 * transport.ts.
 */
export const POLICIES: Readonly<Record<FailureClass, Policy>> = {
  invalid_request: {
    statuses: [400],
    cause: null,
    retry: 'never',
    hint: 'check the organization’s name and the request; the catalog does not take it',
  },
  authentication: {
    statuses: [401],
    cause: null,
    retry: 'never',
    hint: 'check CATALOG_TOKEN or CATALOG_API_KEY: missing, wrong, expired or meant for another catalog',
  },
  forbidden: {
    statuses: [403],
    cause: null,
    retry: 'never',
    hint: 'ask the organization’s owner to let this token read it, or use another token',
  },
  not_found: {
    statuses: [404],
    cause: null,
    retry: 'never',
    hint: 'check the organization’s name and CATALOG_URL',
  },
  conflict: {
    statuses: [409],
    cause: null,
    retry: 'never',
    hint: 'run it again; if it stays, ask who runs the catalog',
  },
  validation: {
    statuses: [422],
    cause: null,
    retry: 'never',
    hint: 'the catalog refuses a parameter that the contract has; it may have changed',
  },
  upgrade_required: {
    statuses: [426],
    cause: null,
    retry: 'never',
    hint: 'install a newer version of catalog-mirror',
  },
  rate_limited: {
    statuses: [429],
    cause: null,
    retry: 'wait',
    hint: 'set CATALOG_MAX_REQUESTS_PER_SECOND below the catalog’s limit',
  },
  out_of_credits: {
    statuses: [],
    cause: 'a 429 that speaks of credits',
    retry: 'never',
    hint: 'add credits to the catalog account of this token; waiting does not help',
  },
  server_error: {
    statuses: [500],
    cause: 'any other 5xx',
    retry: 'backoff',
    hint: 'run it again later; if it stays, tell who runs the catalog',
  },
  bad_gateway: {
    statuses: [502],
    cause: null,
    retry: 'backoff',
    hint: 'run it again later; the catalog is not reachable behind its gateway',
  },
  unavailable: {
    statuses: [503],
    cause: null,
    retry: 'backoff',
    hint: 'run it again later; the catalog is down for the moment',
  },
  gateway_timeout: {
    statuses: [504],
    cause: null,
    retry: 'backoff',
    hint: 'run it again later, or set a smaller MIRROR_PAGE_SIZE',
  },
  client_error: {
    statuses: [],
    cause: 'any other 4xx',
    retry: 'never',
    hint: 'check CATALOG_URL; the catalog does not take the request',
  },
  timeout: {
    statuses: [],
    cause: 'no connection in time, or no whole answer, however slowly it drips',
    retry: 'backoff',
    hint: 'check the network, or set a larger CATALOG_TIMEOUT_SECONDS',
  },
  connection: {
    statuses: [],
    cause: 'an unknown host, a connection that is refused or cut off, an answer that is no HTTP',
    retry: 'backoff',
    hint: 'check CATALOG_URL and that this machine reaches that host',
  },
  tls: {
    statuses: [],
    cause: 'no https, or a certificate that has expired, is for another host, or is signed by nobody who is trusted',
    retry: 'never',
    hint: 'check that CATALOG_URL speaks https with a certificate this machine trusts (NODE_EXTRA_CA_CERTS)',
  },
  redirect: {
    statuses: [],
    cause: 'any 3xx; it is not followed, so that the token goes to no other host',
    retry: 'never',
    hint: 'set CATALOG_URL to the address the catalog itself answers at',
  },
  too_large: {
    statuses: [],
    cause: 'more than 64 MiB, as received or unpacked',
    retry: 'never',
    hint: 'set a smaller MIRROR_PAGE_SIZE',
  },
  invalid_json: {
    statuses: [],
    cause: 'a 200 that is a web page, empty, cut off, not UTF-8, or does not unpack',
    retry: 'backoff',
    hint: 'check that CATALOG_URL is the address of a catalog',
  },
  contract_violation: {
    statuses: [],
    cause:
      'a 200 that is JSON but no page, or not the page that was asked for; a list without an end; any other status',
    retry: 'never',
    hint: 'check that CATALOG_URL is the address of a catalog; its contract may have changed',
  },
  invalid_record: {
    statuses: [],
    cause: 'an item that breaks the contract, cannot be stored, or repeats the token',
    retry: 'never',
    hint: 'tell who publishes the artifact; the rest of its page is stored',
  },
  suspicious_removal: {
    statuses: [],
    cause: 'a complete run that would withdraw more than it may',
    retry: 'never',
    hint: 'check in the catalog whether the artifacts are gone; if so, approve it: `catalog-mirror dead-letters replay`',
  },
  database: {
    statuses: [],
    cause: 'PostgreSQL fails or refuses',
    retry: 'backoff',
    hint: 'check that PostgreSQL runs, has room, and is reachable',
  },
  internal: {
    statuses: [],
    cause: 'a mistake of the program’s own',
    retry: 'never',
    hint: 'this is a defect of catalog-mirror: please report it',
  },
};

/** The policy of a class. */
export function policyOf(failureClass: FailureClass): Policy {
  return POLICIES[failureClass];
}

/** Whether a text is one of the classes, as for one read back from a table. */
export function isFailureClass(text: string): text is FailureClass {
  return FAILURE_CLASSES.some((one) => one === text);
}

const BY_STATUS: ReadonlyMap<number, FailureClass> = new Map(
  FAILURE_CLASSES.flatMap((one) => POLICIES[one].statuses.map((status) => [status, one] as const)),
);

/**
 * The class of an answer that is not a 200. Pure.
 *
 * @param status the HTTP status
 * @param detail the API's own message; decides whether a 429 is about credits
 */
export function classifyStatus(status: number, detail: string): FailureClass {
  if (status === 429 && /\bcredits?\b/i.test(detail)) return 'out_of_credits';
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return 'redirect';
  if (status >= 400 && status < 500) return 'client_error';
  if (status >= 500 && status < 600) return 'server_error';
  return 'contract_violation';
}
