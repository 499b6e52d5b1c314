import { describe, expect, test } from 'vitest';
import { classifyTransport, describeTransport } from '../../src/catalog/transport.ts';

const coded = (code: string, message = 'it broke'): Error => Object.assign(new Error(message), { code });

describe('classifyTransport', () => {
  test.each([
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['ECONNREFUSED', 'connection'],
    ['ECONNRESET', 'connection'],
    ['ENOTFOUND', 'connection'],
    ['UND_ERR_SOCKET', 'connection'],
    ['SOMETHING_NEW', 'connection'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
  ] as const)('of %s is %s', (code, expected) => {
    expect(classifyTransport(coded(code))).toBe(expected);
    expect(classifyTransport(new Error('outer', { cause: coded(code) }))).toBe(expected);
    expect(classifyTransport(new AggregateError([coded(code)]))).toBe(expected);
  });

  test('takes the time limit of a signal for what it is', () => {
    expect(classifyTransport(new DOMException('late', 'TimeoutError'))).toBe('timeout');
  });

  test('bears what is no error, and errors that cause each other', () => {
    for (const odd of [undefined, null, 'x', 7, {}]) expect(classifyTransport(odd)).toBe('connection');
    const first = new Error('a');
    first.cause = new Error('b', { cause: first });
    expect(classifyTransport(first)).toBe('connection');
  });
});

describe('describeTransport', () => {
  test('says what people meet most in words, with the code', () => {
    expect(describeTransport(coded('ECONNREFUSED'))).toBe('nothing listens there (connection refused) (ECONNREFUSED)');
  });

  test('repeats the message of what it does not know', () => {
    expect(describeTransport(coded('E_NEW', 'a new thing'))).toBe('a new thing (E_NEW)');
    expect(describeTransport(new Error('plain'))).toBe('plain');
    expect(describeTransport('odd')).toBe('odd');
  });
});
