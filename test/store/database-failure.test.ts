import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/catalog/failure.ts';
import { databaseFailure, isRepeatable } from '../../src/store/database-failure.ts';

function coded(code: string, message = 'it went wrong'): Error {
  return Object.assign(new Error(message), { code });
}

const failureOf = (error: unknown): Failure => databaseFailure(error, 'apply the night', 'models of acme');

describe("the driver's error as a failure", () => {
  it('says what was attempted, on what, and what PostgreSQL said', () => {
    const failure = failureOf(coded('53100', 'could not extend file'));
    expect(failure.class).toBe('database');
    expect(failure.message).toBe(
      'could not apply the night (models of acme): PostgreSQL: could not extend file (53100)',
    );
  });

  it.each([
    ['28P01', /user and the password/],
    ['3D000', /Create the database first/],
    ['42501', /let a DBA create the schemas/],
    ['53100', /disk space/],
    ['53300', /max_connections/],
    ['53200', /out of resources/],
    ['57P01', /stopping or restarting/],
    ['57014', /time limit/],
    ['55P03', /time limit/],
    ['25P03', /stood still/],
    ['25P04', /time limit/],
    ['25006', /at the primary/],
    ['08006', /server runs/],
    ['40P01', /next run tries again/],
    ['ECONNREFUSED', /server runs/],
    ['ENOTFOUND', /server runs/],
    ['EAI_AGAIN', /server runs/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /certificate/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /certificate/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /certificate/],
    ['CERT_HAS_EXPIRED', /certificate/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /certificate/],
    ['42703', /defect of catalog-mirror/],
    ['ERR_INVALID_ARG_TYPE', /defect of catalog-mirror/],
  ])('hints at what a person can do about %s', (code, hint) => {
    expect(failureOf(coded(code)).hint).toMatch(hint);
  });

  it.each([
    ['Connection terminated unexpectedly', /server runs/],
    ['timeout exceeded when trying to connect', /server runs/],
    ['The server does not support SSL connections', /sslmode/],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', /user and the password/],
    ['Cannot read properties of undefined', /defect of catalog-mirror/],
  ])('hints at what a person can do about "%s", which has no code', (message, hint) => {
    expect(failureOf(new Error(message)).hint).toMatch(hint);
  });

  it('finds what PostgreSQL said below the errors around it', () => {
    const said = coded('23505', 'duplicate key');
    const wrapped = new Error('Failed query', { cause: said });
    const everyAddress = new AggregateError([coded('ECONNREFUSED', 'refused ::1'), coded('ECONNREFUSED')]);
    expect(failureOf(wrapped).detail).toBe('PostgreSQL: duplicate key (23505)');
    expect(failureOf(everyAddress).detail).toBe('PostgreSQL: refused ::1 (ECONNREFUSED)');
  });

  it('leaves a failure that already says all this as it is', () => {
    const failure = new Failure({ class: 'tls', operation: 'x', subject: 'y', detail: 'z', hint: 'h' });
    expect(failureOf(failure)).toBe(failure);
  });
});

describe('a transaction is tried again', () => {
  it.each(['40001', '40P01'])('after %s, however it is wrapped', (code) => {
    const error = Object.assign(new pg.DatabaseError('broken off', 0, 'error'), { code });
    expect(isRepeatable(error)).toBe(true);
    expect(isRepeatable(new Error('Failed query', { cause: error }))).toBe(true);
  });

  it.each([coded('23505'), coded('57P01'), new Error('40001'), '40001', null])('after nothing else: %s', (error) => {
    expect(isRepeatable(error)).toBe(false);
  });
});
