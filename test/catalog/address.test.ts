import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogAddressError, isLoopback, parseCatalogUrl } from '../../src/catalog/address.ts';

function problem(text: string): string {
  try {
    parseCatalogUrl(text);
  } catch (error) {
    if (error instanceof CatalogAddressError) return error.message;
    throw error;
  }
  return 'none';
}

describe('parseCatalogUrl', () => {
  test.each([
    ['https://catalog.example', 'https://catalog.example/api/v1'],
    ['https://catalog.example/', 'https://catalog.example/api/v1'],
    ['https://catalog.example/api/v1', 'https://catalog.example/api/v1'],
    [' https://catalog.example/api/v1// ', 'https://catalog.example/api/v1'],
    ['https://catalog.example:8443/hub', 'https://catalog.example:8443/hub/api/v1'],
    ['https://catalog.example/hub/api/v1/', 'https://catalog.example/hub/api/v1'],
    ['https://catalog.example/api', 'https://catalog.example/api/api/v1'],
    ['http://localhost:8080', 'http://localhost:8080/api/v1'],
    ['http://127.8.0.1', 'http://127.8.0.1/api/v1'],
    ['http://[::1]:80', 'http://[::1]/api/v1'],
    ['http://api.localhost', 'http://api.localhost/api/v1'],
  ])('reads %s as %s', (text, url) => {
    expect(parseCatalogUrl(text).href).toBe(url);
  });

  test.each([
    ['', 'it is empty'],
    ['catalog.example', 'it is not an absolute URL'],
    ['ftp://catalog.example', 'it is not an https address'],
    ['https://ann:pw@catalog.example', 'it holds a user name or password'],
    ['https://tok@catalog.example', 'it holds a user name or password'],
    ['https://catalog.example/?a=b', 'it has a query (?) or a fragment (#)'],
    ['https://catalog.example?', 'it has a query (?) or a fragment (#)'],
    ['https://catalog.example/#top', 'it has a query (?) or a fragment (#)'],
    ['http://catalog.example', 'it is http'],
    ['http://10.0.0.1', 'it is http'],
    ['http://127.0.0.1.example', 'it is http'],
    ['http://localhost.example', 'it is http'],
    ['http://notlocalhost', 'it is http'],
  ])('refuses %j: %s', (text, words) => {
    expect(problem(text)).toContain(`the catalog's address cannot be used: ${words}`);
  });

  test('takes http to another machine where that is allowed', () => {
    expect(parseCatalogUrl('http://10.0.0.1', { allowHttp: true }).href).toBe('http://10.0.0.1/api/v1');
  });

  test('never repeats what it was given: it may hold a password', () => {
    for (const text of ['https://ann:hush@x.example', 'hush hush', 'hush://x', 'https://x.example/?key=hush']) {
      expect(problem(text)).not.toContain('hush');
    }
  });

  test('gives an address that it reads as itself', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('/', 'api', 'v1', 'hub', '.', '..', '%2F', ' ', 'ü', '//')), (parts) => {
        const url = parseCatalogUrl(`https://catalog.example/${parts.join('')}`);
        expect(parseCatalogUrl(url.href).href).toBe(url.href);
        expect(url.pathname).toMatch(/\/api\/v1$/);
      }),
    );
  });
});

test('isLoopback knows this machine from those that are named like it', () => {
  expect(['localhost', '127.0.0.1', '[::1]', 'a.localhost'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '128.0.0.1', 'localhost.com', '[::2]', ''].some(isLoopback)).toBe(false);
});
