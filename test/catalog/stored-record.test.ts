import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import { cutPayload, LONGEST_PAYLOAD_BYTES } from '../../src/catalog/payload.ts';
import { REDACTED } from '../../src/catalog/redact.ts';
import { checkStoredRecord } from '../../src/catalog/stored-record.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const GOOD = { id: ID, name: 'acme/one', version: '1.0.0', created_at: '2025-01-01T00:00:00Z' };

describe('the stored text of a record', () => {
  it('is read as it would be on a page, fields that the contract does not know included', () => {
    expect(checkStoredRecord(MODELS, JSON.stringify({ ...GOOD, novelty: [1] }))).toMatchObject({
      status: 'good',
      record: { id: ID, name: 'acme/one', downloadCount: 0, extra: { novelty: [1] } },
    });
  });

  it('has its counter judged by its digits, not by what a double makes of them', () => {
    const text = (counter: string): string => `${JSON.stringify(GOOD).slice(0, -1)},"download_count":${counter}}`;
    expect(checkStoredRecord(MODELS, text('9007199254740991'))).toMatchObject({
      record: { downloadCount: 9_007_199_254_740_991 },
    });
    expect(checkStoredRecord(MODELS, text('9007199254740993'))).toEqual({
      status: 'bad',
      problems: [{ field: 'download_count', reason: 'is above 2^53-1' }],
    });
  });

  it.each<[string, string | null, string]>([
    ['lacks a field', JSON.stringify({ ...GOOD, version: undefined }), 'version'],
    ['is no object', '7', 'item'],
    ['is no JSON, and short', '{"id":', 'item'],
    ['was not kept', null, 'item'],
  ])('is bad where it %s, and says which field', (_, source, field) => {
    expect(checkStoredRecord(MODELS, source)).toEqual({
      status: 'bad',
      problems: [{ field, reason: expect.any(String) }],
    });
  });

  it.each(['x', 'é', '\u{1f600}'])('is known for cut where it was cut within %s', (character) => {
    const long = JSON.stringify({ ...GOOD, notes: character.repeat(LONGEST_PAYLOAD_BYTES) });
    expect(checkStoredRecord(MODELS, cutPayload(long))).toEqual({ status: 'cut' });
  });

  it('is whole where it just fits', () => {
    const short = JSON.stringify({ ...GOOD, notes: '' });
    const notes = 'x'.repeat(LONGEST_PAYLOAD_BYTES - short.length);
    expect(checkStoredRecord(MODELS, cutPayload(JSON.stringify({ ...GOOD, notes })))).toMatchObject({ status: 'good' });
  });

  it('is not applied where a secret was taken out of it', () => {
    expect(checkStoredRecord(MODELS, JSON.stringify({ ...GOOD, version: `1-${REDACTED}` }))).toEqual({
      status: 'redacted',
    });
  });
});
