import { expect, test } from 'vitest';
import { paceKey } from '../../src/catalog/pace-key.ts';

const url = new URL('https://catalog.example.com/api/v1');

test('each token, each way to show it and each catalog has a pace of its own, and always the same', () => {
  const keys = [
    paceKey(url, { token: 'a' }),
    paceKey(url, { token: 'b' }),
    paceKey(url, { apiKey: 'a' }),
    paceKey(url, null),
    paceKey(new URL('https://other.example.com/api/v1'), { token: 'a' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(paceKey(new URL(url.href), { token: 'a' })).toBe(keys[0]);
});

test('the name of a pace is hexadecimal digits alone: nothing of the token or the address is in it', () => {
  expect(paceKey(url, { token: 'deadbeef' })).toMatch(/^(?!.*deadbeef)[0-9a-f]{32}$/);
});
