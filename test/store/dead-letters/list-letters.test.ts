import { beforeEach, describe, expect, it } from 'vitest';
import { countLetters } from '../../../src/store/dead-letters/count-letters.ts';
import type { LetterFilter } from '../../../src/store/dead-letters/letter-filter.ts';
import { listLetters } from '../../../src/store/dead-letters/list-letters.ts';
import { postgresAvailable, useTestDatabase } from '../../support/database.ts';
import { writeLetter } from '../letter-ground.ts';

const at = (day: number): Date => new Date(Date.UTC(2025, 0, day, 3));

describe.skipIf(!postgresAvailable)('letters that a filter fits', () => {
  const database = useTestDatabase();
  let names: Map<string, string>;
  beforeEach(async () => {
    names = new Map();
    const write = async (name: string, row: Parameters<typeof writeLetter>[1]): Promise<void> => {
      names.set(await writeLetter(database.pool, row), name);
    };
    await write('slow page', { last_failed_at: at(3), occurrences: 7, page: 2 });
    await write('refused', {
      error_class: 'forbidden',
      error_type: 'no_access',
      level: 'organization',
      last_failed_at: at(5),
    });
    await write('bad record', {
      error_class: 'invalid_record',
      level: 'record',
      organization: 'globex',
      last_failed_at: at(4),
    });
    await write('slow once', {
      state: 'resolved',
      closed_at: at(6),
      occurrences: 3,
      last_failed_at: at(2),
      organization: 'globex',
    });
  });
  const listed = async (filter: LetterFilter, limit = 10) =>
    (await listLetters(database.pool, filter, limit)).map(({ id }) => names.get(id));

  it.each<[string, LetterFilter, string[]]>([
    ['no field at all', {}, ['refused', 'bad record', 'slow page', 'slow once']],
    ['a class', { errorClass: 'timeout' }, ['slow page', 'slow once']],
    ['a type', { errorType: 'no_access' }, ['refused']],
    ['an organization', { organization: 'globex' }, ['bad record', 'slow once']],
    ['a level', { level: 'page' }, ['slow page', 'slow once']],
    ['a state', { state: 'resolved' }, ['slow once']],
    ['a moment, which counts itself', { since: at(4) }, ['refused', 'bad record']],
    ['several at once', { errorClass: 'timeout', state: 'open', since: at(3) }, ['slow page']],
    ['what nothing has', { errorClass: 'timeout', level: 'record' }, []],
  ])('are listed by %s, the newest first', async (_, filter, expected) => {
    expect(await listed(filter)).toEqual(expected);
  });

  it('are at most as many as asked for', async () => {
    expect(await listed({}, 1)).toEqual(['refused']);
  });

  it('are counted by class: all, the open ones and how often they were met, those with the most open ones first', async () => {
    await writeLetter(database.pool, { error_class: 'invalid_record', level: 'record', occurrences: 2 });
    expect(await countLetters(database.pool, {})).toEqual([
      { errorClass: 'invalid_record', letters: 2, open: 2, occurrences: 3 },
      { errorClass: 'timeout', letters: 2, open: 1, occurrences: 10 },
      { errorClass: 'forbidden', letters: 1, open: 1, occurrences: 1 },
    ]);
    expect(await countLetters(database.pool, { level: 'page', state: 'open' })).toEqual([
      { errorClass: 'timeout', letters: 1, open: 1, occurrences: 7 },
    ]);
    expect(await countLetters(database.pool, { organization: 'nobody' })).toEqual([]);
  });
});
