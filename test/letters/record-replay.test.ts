import { describe, expect, it } from 'vitest';
import { kindByName } from '../../src/catalog/kinds.ts';
import { checkStoredRecord, type StoredRecord } from '../../src/catalog/stored-record.ts';
import { type AfterRecord, decideRecord } from '../../src/letters/record-replay.ts';

const NOTHING_AFTER: AfterRecord = {
  runId: '9',
  runOrder: '9',
  laterCompleteRunId: null,
  laterIncompleteRunId: null,
};
const BAD: StoredRecord = {
  status: 'bad',
  problems: [
    { field: 'name', reason: 'is missing' },
    { field: 'version', reason: 'is not text' },
  ],
};

function goodRecord(): StoredRecord {
  const kind = kindByName('models');
  if (kind === undefined) throw new Error('there is no kind models');
  return checkStoredRecord(
    kind,
    '{"id":"00000000-0000-4000-8000-000000000001","name":"acme/one","version":"1","created_at":"2025-01-01T00:00:00Z"}',
  );
}

describe('what becomes of the letter of a bad record', () => {
  const good = goodRecord();

  it('is that its text is applied where it is good now and nothing came after', () => {
    expect(decideRecord(good, NOTHING_AFTER)).toEqual({ outcome: 'applied', runId: null, detail: null });
    expect(decideRecord(good, { ...NOTHING_AFTER, runOrder: null })).toMatchObject({ outcome: 'applied' });
  });

  it('is that it stays open with every field that is still wrong', () => {
    expect(decideRecord(BAD, NOTHING_AFTER)).toEqual({
      outcome: 'bad',
      runId: null,
      detail: 'name is missing; version is not text',
    });
  });

  it.each(['cut', 'redacted'] as const)('is that it stays open where its text is %s', (status) => {
    expect(decideRecord({ status }, NOTHING_AFTER)).toMatchObject({ outcome: status });
  });

  it.each<[string, Partial<AfterRecord>, string]>([
    ['wrote something of the artifact', { runOrder: '10' }, '10'],
    ['is complete', { laterCompleteRunId: '12' }, '12'],
    ['is complete, of an artifact that the mirror does not know', { runOrder: null, laterCompleteRunId: '12' }, '12'],
    ['wrote something, in run order and not in that of text', { runId: '9', runOrder: '100' }, '100'],
  ])('is that it is overtaken where a later run %s, whatever its text', (_, after, by) => {
    for (const stored of [good, BAD, { status: 'cut' } as const]) {
      expect(decideRecord(stored, { ...NOTHING_AFTER, ...after })).toEqual({
        outcome: 'overtaken',
        runId: by,
        detail: null,
      });
    }
  });

  it('is open where a later run that is not complete may have read the artifact without a trace', () => {
    const after = { ...NOTHING_AFTER, laterIncompleteRunId: '11' };
    expect(decideRecord(good, after)).toEqual({ outcome: 'unsure', runId: '11', detail: null });
    expect(decideRecord(BAD, after)).toMatchObject({ outcome: 'bad' });
    expect(decideRecord(good, { ...after, runOrder: null })).toMatchObject({ outcome: 'applied' });
  });
});
