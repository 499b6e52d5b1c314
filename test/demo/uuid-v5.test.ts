import { describe, expect, it } from 'vitest';
import { uuidV5 } from '../../src/demo/uuid-v5.ts';

describe('uuidV5', () => {
  it.each([
    // The example of RFC 9562, appendix A.4, and the one of Python's documentation of uuid5.
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org', '886313e1-3b8a-5372-9b90-0c9aee199e5d'],
  ])('of %s and %s is what others compute', (namespace, name, uuid) => {
    expect(uuidV5(namespace, name)).toBe(uuid);
  });

  it('refuses a namespace that is not a uuid', () => {
    expect(() => uuidV5('acme', 'one')).toThrow(RangeError);
  });
});
