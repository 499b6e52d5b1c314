import { FAILURE_CLASSES, type FailureClass } from './failure.ts';

/**
 * What is done about a failure of one class.
 * - `backoff`: tried again, with growing pauses, a bounded number of times
 * - `wait`: tried again when the server says, without counting as a try
 * - `never`: trying again cannot help
 */
export type Retry = 'backoff' | 'wait' | 'never';

export interface Policy {
  readonly retry: Retry;
  /** What the reader can do about it, as a sentence part. */
  readonly hint: string;
}

/** Every class and its policy, and the only place that says so (design section 6). */
export const POLICIES: Readonly<Record<FailureClass, Policy>> = {
  invalid_request: {
    retry: 'never',
    hint: 'check the organization’s name and the request; the catalog does not take it',
  },
  authentication: {
    retry: 'never',
    hint: 'check CATALOG_TOKEN or CATALOG_API_KEY: missing, wrong, expired or meant for another catalog',
  },
  forbidden: { retry: 'never', hint: 'ask the organization’s owner to let this token read it, or use another token' },
  not_found: { retry: 'never', hint: 'check the organization’s name and CATALOG_URL' },
  conflict: { retry: 'never', hint: 'run it again; if it stays, ask who runs the catalog' },
  validation: { retry: 'never', hint: 'the catalog refuses a parameter that the contract has; it may have changed' },
  upgrade_required: { retry: 'never', hint: 'install a newer version of catalog-mirror' },
  rate_limited: { retry: 'wait', hint: 'set CATALOG_MAX_REQUESTS_PER_SECOND below the catalog’s limit' },
  out_of_credits: { retry: 'never', hint: 'add credits to the catalog account of this token; waiting does not help' },
  server_error: { retry: 'backoff', hint: 'run it again later; if it stays, tell who runs the catalog' },
  bad_gateway: { retry: 'backoff', hint: 'run it again later; the catalog is not reachable behind its gateway' },
  unavailable: { retry: 'backoff', hint: 'run it again later; the catalog is down for the moment' },
  gateway_timeout: { retry: 'backoff', hint: 'run it again later, or set a smaller MIRROR_PAGE_SIZE' },
  client_error: { retry: 'never', hint: 'check CATALOG_URL; the catalog does not take the request' },
  timeout: { retry: 'backoff', hint: 'check the network, or set a larger CATALOG_TIMEOUT_SECONDS' },
  connection: { retry: 'backoff', hint: 'check CATALOG_URL and that this machine reaches that host' },
  tls: {
    retry: 'never',
    hint: 'check that CATALOG_URL speaks https with a certificate this machine trusts (NODE_EXTRA_CA_CERTS)',
  },
  redirect: { retry: 'never', hint: 'set CATALOG_URL to the address the catalog itself answers at' },
  too_large: { retry: 'never', hint: 'set a smaller MIRROR_PAGE_SIZE' },
  invalid_json: { retry: 'backoff', hint: 'check that CATALOG_URL is the address of a catalog' },
  contract_violation: {
    retry: 'never',
    hint: 'check that CATALOG_URL is the address of a catalog; its contract may have changed',
  },
  invalid_record: { retry: 'never', hint: 'tell who publishes the artifact; the rest of its page is stored' },
  suspicious_removal: {
    retry: 'never',
    hint: 'check in the catalog whether the artifacts are gone; if so, approve it: `catalog-mirror dead-letters replay`',
  },
  database: { retry: 'backoff', hint: 'check that PostgreSQL runs, has room, and is reachable' },
  internal: { retry: 'never', hint: 'this is a defect of catalog-mirror: please report it' },
};

/** The policy of a class. */
export function policyOf(failureClass: FailureClass): Policy {
  return POLICIES[failureClass];
}

/** Whether a text is one of the classes, as for one read back from a table. */
export function isFailureClass(text: string): text is FailureClass {
  return FAILURE_CLASSES.some((one) => one === text);
}

const BY_STATUS: ReadonlyMap<number, FailureClass> = new Map([
  [400, 'invalid_request'],
  [401, 'authentication'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [409, 'conflict'],
  [422, 'validation'],
  [426, 'upgrade_required'],
  [500, 'server_error'],
  [502, 'bad_gateway'],
  [503, 'unavailable'],
  [504, 'gateway_timeout'],
]);

/**
 * The class of an answer that is not a 200. Pure.
 *
 * @param status the HTTP status
 * @param detail the API's own message; decides whether a 429 is about credits
 */
export function classifyStatus(status: number, detail: string): FailureClass {
  if (status === 429) return /\bcredits?\b/i.test(detail) ? 'out_of_credits' : 'rate_limited';
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return 'redirect';
  if (status >= 400 && status < 500) return 'client_error';
  if (status >= 500 && status < 600) return 'server_error';
  return 'contract_violation';
}
