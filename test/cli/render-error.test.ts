import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/catalog/failure.ts';
import { errorAsJson, isDebugging, renderError } from '../../src/cli/render-error.ts';
import { SettingsError } from '../../src/settings/mistakes.ts';
import { createColours } from '../../src/terminal/colours.ts';

const options = { colours: createColours(false), width: 80, debug: false };

const refused = new Failure({
  class: 'authentication',
  operation: 'read page 1',
  subject: 'models of acme',
  detail: 'the catalog answered 401: Authentication failed',
  hint: 'Set CATALOG_TOKEN to a token that may read this organization, and check that it has not expired',
  status: 401,
  type: 'authentication_error',
  cause: new Error('beneath'),
});

describe('renderError', () => {
  it('says what failed, on what, why and what to do, without a stack', () => {
    expect(renderError(refused, options)).toBe(
      [
        'error: could not read page 1 (models of acme)',
        '  the catalog answered 401: Authentication failed.',
        '  → Set CATALOG_TOKEN to a token that may read this organization, and check that',
        '    it has not expired.',
        '',
      ].join('\n'),
    );
  });

  it('adds the stacks while debugging, those of the causes as well', () => {
    const text = renderError(refused, { ...options, debug: true });
    expect(text).toMatch(/^ +at .*render-error\.test\.ts/m);
    expect(text).toContain('caused by Error: beneath');
  });

  it('names every setting that is wrong and how to write it', () => {
    const error = new SettingsError([
      { setting: 'MIRROR_PAGE_SIZE', problem: '"often" is not a number', howToWrite: 'Write 1 to 200.' },
      { setting: 'MIRROR_CRON', problem: '"0 3 * *" has 4 fields', howToWrite: 'Write five or six fields' },
    ]);
    expect(renderError(error, options)).toBe(
      [
        'error: 2 settings are wrong',
        '  MIRROR_PAGE_SIZE: "often" is not a number.',
        '  → Write 1 to 200.',
        '  MIRROR_CRON: "0 3 * *" has 4 fields.',
        '  → Write five or six fields.',
        '',
      ].join('\n'),
    );
  });

  it('admits a defect and says how to see more, without a stack', () => {
    const text = renderError(new TypeError('x is not a function'), options);
    expect(text).toContain('error: catalog-mirror has a defect\n  x is not a function.\n');
    expect(text).toContain('DEBUG=catalog-mirror');
    expect(text).not.toMatch(/^ +at /m);
  });

  it('has a word for an error without a message', () => {
    const failed = new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED')]);
    expect(renderError(failed, options)).toContain('connect ECONNREFUSED ::1:5432; connect ECONNREFUSED');
    expect(renderError(new RangeError(), options)).toContain('RangeError');
  });

  it.each([undefined, null, 'text', 7])('bears that %j was thrown', (thrown) => {
    expect(renderError(thrown, { ...options, debug: true })).toContain(String(thrown));
  });

  it('shows what a server sent as text, never as an order to the terminal', () => {
    const hostile = new Failure({
      class: 'server_error',
      operation: 'read page 1',
      subject: 'models of a\u001b[2Jb',
      detail: 'the catalog answered 500: \u001b]0;title\u0007',
      hint: 'Try again later',
    });
    const text = renderError(hostile, { ...options, debug: true });
    // Line feeds are ours; no other control may be there.
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('hides a secret wherever it occurs, the stack included', () => {
    const redact = (text: string) => text.replaceAll('s3cret', '[set]');
    const leaking = new Error('no way to postgres://me:s3cret@db', { cause: new Error('s3cret') });
    const text = renderError(leaking, { ...options, debug: true, redact });
    expect(text).not.toContain('s3cret');
    expect(text).toContain('postgres://me:[set]@db');
    expect(JSON.stringify(errorAsJson(leaking, redact))).not.toContain('s3cret');
  });

  it('ends a cause that causes itself', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(renderError(loop, { ...options, debug: true }).match(/Error: loop/g)).toHaveLength(1);
  });
});

describe('errorAsJson', () => {
  it('keeps the parts of a failure apart', () => {
    expect(errorAsJson(refused)).toEqual({
      error: {
        class: 'authentication',
        operation: 'read page 1',
        subject: 'models of acme',
        detail: 'the catalog answered 401: Authentication failed',
        hint: 'Set CATALOG_TOKEN to a token that may read this organization, and check that it has not expired',
        status: 401,
        type: 'authentication_error',
      },
    });
  });

  it('lists wrong settings', () => {
    const error = new SettingsError([{ setting: 'A', problem: 'is empty', howToWrite: 'Write it' }]);
    expect(errorAsJson(error)).toEqual({
      error: { class: 'settings', mistakes: [{ setting: 'A', problem: 'is empty', hint: 'Write it' }] },
    });
  });

  it('says of a defect that it is one', () => {
    expect(errorAsJson(new Error('x'))).toEqual({ error: { class: 'defect', detail: 'x' } });
  });
});

describe('isDebugging', () => {
  it.each([
    [{}, false],
    [{ DEBUG: '' }, false],
    [{ DEBUG: 'express' }, false],
    [{ DEBUG: 'catalog-mirror' }, true],
    [{ DEBUG: 'express,catalog-mirror' }, true],
    [{ DEBUG: '*' }, true],
  ])('with %j: %s', (environment, debugging) => {
    expect(isDebugging(environment)).toBe(debugging);
  });
});
