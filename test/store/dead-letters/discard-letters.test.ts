import { describe, expect, it } from 'vitest';
import { discardLetters } from '../../../src/store/dead-letters/discard-letters.ts';
import { findOpenLetters } from '../../../src/store/dead-letters/find-open-letters.ts';
import { postgresAvailable, useTestDatabase } from '../../support/database.ts';
import { writeLetter } from '../letter-ground.ts';

const AT = new Date('2025-01-16T09:00:00Z');
const BECAUSE = { reason: 'known, and harmless', at: AT };
const RESOLVED = { state: 'resolved', closed_at: AT, resolved_by_run_id: 4 };

describe.skipIf(!postgresAvailable)('discarding letters', () => {
  const database = useTestDatabase();
  const states = async () =>
    (
      await database.pool.query(
        'SELECT state, discard_reason AS reason, closed_at AS at FROM mirror.dead_letters ORDER BY id',
      )
    ).rows;
  const OPEN = { state: 'open', reason: null, at: null };
  const DISCARDED = { state: 'discarded', reason: BECAUSE.reason, at: AT };

  it('keeps the reason and the moment, and leaves the others open', async () => {
    const [first, , third] = [
      await writeLetter(database.pool),
      await writeLetter(database.pool),
      await writeLetter(database.pool),
    ];
    expect(await discardLetters(database.pool, [third, first], { ...BECAUSE, allOrNone: true })).toEqual({
      discarded: [first, third],
      closed: [],
      missing: [],
    });
    expect(await states()).toEqual([DISCARDED, OPEN, DISCARDED]);
  });

  it('changes nothing where one is closed or missing and all were meant, and says which', async () => {
    const open = await writeLetter(database.pool);
    const resolved = await writeLetter(database.pool, RESOLVED);
    expect(await discardLetters(database.pool, [open, resolved, '41'], { ...BECAUSE, allOrNone: true })).toEqual({
      discarded: [],
      closed: [{ id: resolved, state: 'resolved', resolvedByRunId: '4' }],
      missing: ['41'],
    });
    expect(await states()).toMatchObject([OPEN, { state: 'resolved' }]);
  });

  it('passes over what is closed by now where not all were meant', async () => {
    const open = await writeLetter(database.pool);
    const resolved = await writeLetter(database.pool, RESOLVED);
    const result = await discardLetters(database.pool, [open, resolved], { ...BECAUSE, allOrNone: false });
    expect(result.discarded).toEqual([open]);
    expect(await states()).toMatchObject([DISCARDED, { state: 'resolved', reason: null }]);
  });

  it('finds the open ones that a filter fits, oldest first', async () => {
    const first = await writeLetter(database.pool);
    await writeLetter(database.pool, RESOLVED);
    await writeLetter(database.pool, { error_class: 'forbidden' });
    const last = await writeLetter(database.pool);
    expect(await findOpenLetters(database.pool, { errorClass: 'timeout' })).toEqual([first, last]);
  });
});

describe.skipIf(!postgresAvailable)('the table of letters', () => {
  const database = useTestDatabase();

  it.each([
    ['discarded without a reason', { state: 'discarded', closed_at: AT }, 'dead_letters_discarded'],
    ['open with a reason', { discard_reason: 'known' }, 'dead_letters_discarded'],
    ['closed at no time', { state: 'resolved' }, 'dead_letters_closed'],
    ['open since it was closed', { closed_at: AT }, 'dead_letters_closed'],
  ])('takes no letter that is %s', async (_, row, constraint) => {
    await expect(writeLetter(database.pool, row)).rejects.toThrow(constraint);
  });
});
