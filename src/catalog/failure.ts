/**
 * What can go wrong, as values of one family (docs/decisions.md, design section 6). A failure says what was attempted,
 * on what, what happened and what to do; its class decides its policy (policy.ts) and the dead-letter queue it goes to.
 */
export const FAILURE_CLASSES = [
  'invalid_request',
  'authentication',
  'forbidden',
  'not_found',
  'conflict',
  'validation',
  'upgrade_required',
  'rate_limited',
  'out_of_credits',
  'server_error',
  'bad_gateway',
  'unavailable',
  'gateway_timeout',
  'client_error',
  'timeout',
  'connection',
  'tls',
  'redirect',
  'too_large',
  'invalid_json',
  'contract_violation',
  'invalid_record',
  'suspicious_removal',
  'database',
  'internal',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

export interface FailureDetails {
  readonly class: FailureClass;
  /** What was attempted, as a verb phrase: `read page 3`. */
  readonly operation: string;
  /** On what: `models of acme`. */
  readonly subject: string;
  /** What happened, in a sentence part: `the catalog answered 401: Authentication failed`. Holds no secret. */
  readonly detail: string;
  /** What the reader can do about it. */
  readonly hint: string;
  /** The API's own `type`, stored as it comes; null where there is none. An open set, never an enum. */
  readonly type?: string | null;
  /** The HTTP status, where there was an answer. */
  readonly status?: number | null;
  /** How long the server asked us to wait, in milliseconds; null where it did not say. */
  readonly retryAfterMs?: number | null;
  /** The text received, for the letter; null where there was none. */
  readonly payload?: string | null;
  /** How many requests were made before it was given up; 1 where it was not tried again. */
  readonly attempts?: number;
  readonly cause?: unknown;
}

/** One failure. Its message reads as a sentence; the parts stay available for letters and tables. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly class: FailureClass;
  readonly operation: string;
  readonly subject: string;
  readonly detail: string;
  readonly hint: string;
  readonly type: string | null;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly payload: string | null;
  readonly attempts: number;

  constructor(details: FailureDetails) {
    super(
      `could not ${details.operation} (${details.subject}): ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.class = details.class;
    this.operation = details.operation;
    this.subject = details.subject;
    this.detail = details.detail;
    this.hint = details.hint;
    this.type = details.type ?? null;
    this.status = details.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.payload = details.payload ?? null;
    this.attempts = details.attempts ?? 1;
  }

  /**
   * The same failure, as it is once nobody tries again.
   *
   * @param attempts requests made, this one's included
   * @param reason why no further one is made, as a sentence part; null where its class is never tried again
   */
  givenUp(attempts: number, reason: string | null): Failure {
    const detail = reason === null ? this.detail : `${this.detail} (${reason})`;
    return new Failure({ ...this, detail, attempts, cause: this.cause });
  }
}
