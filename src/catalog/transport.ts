import type { FailureClass } from './failure.ts';

/** How an exchange failed below HTTP. */
export type TransportClass = Extract<FailureClass, 'timeout' | 'connection' | 'tls'>;

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** OpenSSL's verification results and Node's own codes, by how they begin. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_|ERROR_IN_C|PATH_LENGTH_EXCEEDED|INVALID_CA$|INVALID_PURPOSE$|HOSTNAME_MISMATCH$|EPROTO$|UND_ERR_PRX_TLS$)/;

/** What the codes that people meet most mean, as a sentence part about the host. */
const IN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'no such host name is known',
  EAI_AGAIN: 'its host name could not be looked up just now',
  ECONNRESET: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer ended before it was whole',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  EPROTO: 'it does not speak https',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody but itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate leads to an authority this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate leads to an authority this machine does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate leads to an authority this machine does not trust',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  UND_ERR_CONNECT_TIMEOUT: 'it did not take the connection in time',
  ETIMEDOUT: 'it did not take the connection in time',
};

/** An error and all that caused it, outermost first: causes, and the members of an AggregateError. */
function family(error: unknown): readonly object[] {
  const found: object[] = [];
  const pending: unknown[] = [error];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (typeof next !== 'object' || next === null || found.includes(next)) continue;
    found.push(next);
    if ('cause' in next) pending.push(next.cause);
    if (next instanceof AggregateError) pending.push(...next.errors);
  }
  return found;
}

function codesOf(error: unknown): readonly string[] {
  return family(error).flatMap((one) => ('code' in one && typeof one.code === 'string' ? [one.code] : []));
}

/** The class of an error that the network or the HTTP library threw. What is neither time nor TLS is the connection. */
export function classifyTransport(error: unknown): TransportClass {
  const codes = codesOf(error);
  if (codes.some((code) => TLS_CODE.test(code))) return 'tls';
  const timedOut = family(error).some((one) => 'name' in one && one.name === 'TimeoutError');
  if (timedOut || codes.some((code) => TIMEOUT_CODES.has(code))) return 'timeout';
  return 'connection';
}

/** What happened, as a sentence part, with the code for those who look it up. */
export function describeTransport(error: unknown): string {
  const codes = codesOf(error);
  const known = codes.find((code) => IN_WORDS[code] !== undefined);
  if (known !== undefined) return `${IN_WORDS[known]} (${known})`;
  if (family(error).some((one) => 'name' in one && one.name === 'HTTPParserError')) return 'it does not speak HTTP';
  const message = error instanceof Error ? error.message : String(error);
  return codes[0] === undefined ? message : `${message} (${codes[0]})`;
}
