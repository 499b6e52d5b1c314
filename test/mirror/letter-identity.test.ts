import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LetterSubject, letterIdentity } from '../../src/letters/identity.ts';

const subject: LetterSubject = {
  errorClass: 'invalid_record',
  level: 'record',
  organization: 'acme',
  kind: 'models',
  page: null,
  artifactId: null,
  record: '{"name":"x","download_count":1}',
};

describe('the identity of a letter', () => {
  it('does not see the counter of a record, nor how its text is spaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer(), fc.integer(), (name, before, after) => {
        const record = (count: number, space: number) => JSON.stringify({ name, download_count: count }, null, space);
        expect(letterIdentity({ ...subject, record: record(before, 0) })).toBe(
          letterIdentity({ ...subject, record: record(after, 2) }),
        );
      }),
    );
  });

  it('tells apart whatever else differs', () => {
    const others: LetterSubject[] = [
      subject,
      { ...subject, errorClass: 'contract_violation' },
      { ...subject, level: 'page' },
      { ...subject, organization: 'globex' },
      { ...subject, kind: 'datasets' },
      { ...subject, page: 1 },
      { ...subject, artifactId: '00000000-0000-4000-8000-000000000001' },
      { ...subject, record: null },
      { ...subject, record: '{"name":"y","download_count":1}' },
    ];
    expect(new Set(others.map(letterIdentity)).size).toBe(others.length);
  });

  it('is found for a text that is no JSON, and for one nested beyond any stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(letterIdentity({ ...subject, record: deep })).not.toBe(letterIdentity({ ...subject, record: '{"cut' }));
  });
});
