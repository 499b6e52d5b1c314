import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { classifyStatus, isFailureClass, POLICIES, policyOf } from '../../src/catalog/policy.ts';

describe('the table of policies', () => {
  test('has one line for every class, with what belongs to it and something to do about it', () => {
    expect(Object.keys(POLICIES).sort()).toEqual([...FAILURE_CLASSES].sort());
    for (const one of FAILURE_CLASSES) {
      const { statuses, cause, hint } = policyOf(one);
      expect(hint.length).toBeGreaterThan(10);
      expect(statuses.length > 0 || cause !== null).toBe(true);
    }
  });

  test('tries again what the design names, and nothing else the catalog answers', () => {
    const retried = FAILURE_CLASSES.filter((one) => policyOf(one).retry === 'backoff');
    expect(retried).toEqual([
      'server_error',
      'bad_gateway',
      'unavailable',
      'gateway_timeout',
      'timeout',
      'connection',
      'invalid_json',
      'database',
    ]);
    expect(FAILURE_CLASSES.filter((one) => policyOf(one).retry === 'wait')).toEqual(['rate_limited']);
  });
});

describe('classifyStatus', () => {
  test('gives each status of the contract and of gateways the class of the design', () => {
    const design = {
      400: 'invalid_request',
      401: 'authentication',
      403: 'forbidden',
      404: 'not_found',
      409: 'conflict',
      422: 'validation',
      426: 'upgrade_required',
      429: 'rate_limited',
      500: 'server_error',
      502: 'bad_gateway',
      503: 'unavailable',
      504: 'gateway_timeout',
    };
    const told = FAILURE_CLASSES.flatMap((one) => policyOf(one).statuses.map((status) => [status, one] as const));
    expect(Object.fromEntries(told)).toEqual(design);
    expect(told).toHaveLength(Object.keys(design).length);
    for (const [status, failureClass] of told) expect(classifyStatus(status, '')).toBe(failureClass);
  });

  test('tells a 429 about credits from one about the rate', () => {
    for (const detail of ['Out of credits', 'Insufficient credit.', 'CREDITS exhausted']) {
      expect(classifyStatus(429, detail)).toBe('out_of_credits');
    }
    for (const detail of ['', 'Too many requests', 'accredited clients only']) {
      expect(classifyStatus(429, detail)).toBe('rate_limited');
    }
    expect(classifyStatus(402, 'Out of credits')).toBe('client_error');
  });

  test('has a class for every status, by its hundred where it has no line of its own', () => {
    const own = new Set([400, 401, 403, 404, 409, 422, 426, 429, 502, 503, 504]);
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), (status) => {
        const found = classifyStatus(status, '');
        if (own.has(status)) expect(found).not.toBe('client_error');
        else if (status >= 300 && status < 400) expect(found).toBe('redirect');
        else if (status >= 400 && status < 500) expect(found).toBe('client_error');
        else if (status >= 500 && status < 600) expect(found).toBe('server_error');
        else expect(found).toBe('contract_violation');
      }),
    );
  });
});

test('isFailureClass knows the classes and nothing else', () => {
  expect(FAILURE_CLASSES.every(isFailureClass)).toBe(true);
  expect(['', 'toString', 'Timeout'].some(isFailureClass)).toBe(false);
});
