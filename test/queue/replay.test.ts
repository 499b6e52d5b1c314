import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { LETTER_LEVELS } from '../../src/letters/types.ts';
import { planReplays, type ReplayedLetter, replayOf } from '../../src/queue/replay.ts';
import { targetId } from '../../src/queue/targets.ts';
import { LETTER_STATES } from '../../src/store/dead-letters/letter.ts';
import { ACME, GLOBEX } from './ground.ts';

const HELD: ReplayedLetter = {
  id: '1',
  ...ACME,
  errorClass: 'suspicious_removal',
  level: 'organization',
  runId: '7',
  state: 'open',
};
const MIRRORED = [GLOBEX, ACME];

const anyLetter: fc.Arbitrary<ReplayedLetter> = fc.record({
  id: fc.nat().map(String),
  organization: fc.constantFrom('acme', 'globex', 'acme/models'),
  kind: fc.constantFrom('models', 'datasets'),
  errorClass: fc.constantFrom(...FAILURE_CLASSES),
  level: fc.constantFrom(...LETTER_LEVELS),
  state: fc.constantFrom(...LETTER_STATES),
  runId: fc.option(fc.nat().map(String)),
});

describe('the replay of a letter', () => {
  it('of a held run mirrors its listing again and approves what that run proved absent', () => {
    expect(replayOf(HELD, MIRRORED)).toEqual({ does: 'mirror', target: ACME, approves: '7' });
  });

  it.each(['organization', 'page'] as const)(
    'of another %s mirrors its listing again and approves nothing',
    (level) => {
      expect(replayOf({ ...HELD, level, errorClass: 'timeout' }, MIRRORED)).toEqual({
        does: 'mirror',
        target: ACME,
        approves: null,
      });
    },
  );

  it.each(['resolved', 'discarded'] as const)('does nothing where the letter is %s', (state) => {
    expect(replayOf({ ...HELD, state }, MIRRORED)).toEqual({ does: 'nothing', because: 'closed' });
  });

  it('does nothing where the settings no longer name the organization, or the kind', () => {
    expect(replayOf(HELD, [GLOBEX])).toEqual({ does: 'nothing', because: 'unmirrored' });
    expect(replayOf(HELD, [GLOBEX, { ...ACME, kind: 'datasets' }])).toEqual({ does: 'nothing', because: 'unmirrored' });
  });

  it('of a single record checks its stored text again', () => {
    expect(replayOf({ ...HELD, level: 'record', errorClass: 'invalid_record' }, MIRRORED)).toEqual({
      does: 'check',
      target: ACME,
    });
  });

  it('mirrors what the letter is about and nothing else, and approves only what an open held letter names', () => {
    fc.assert(
      fc.property(anyLetter, (letter) => {
        const replay = replayOf(letter, MIRRORED);
        if (replay.does === 'nothing') return;
        expect(letter.state).toBe('open');
        expect(replay.target).toEqual({ organization: letter.organization, kind: letter.kind });
        expect(replay.does).toBe(letter.level === 'record' ? 'check' : 'mirror');
        if (replay.does === 'check') return;
        expect(replay.approves).toBe(letter.errorClass === 'suspicious_removal' ? letter.runId : null);
      }),
    );
  });
});

describe('the replay of several letters', () => {
  const timeout: ReplayedLetter = { ...HELD, id: '2', errorClass: 'timeout', level: 'page' };
  const record = (id: string, changes: Partial<ReplayedLetter> = {}): ReplayedLetter => ({
    ...HELD,
    id,
    errorClass: 'invalid_record',
    level: 'record',
    ...changes,
  });
  const plan = (letters: readonly ReplayedLetter[], approving = true) => planReplays(letters, MIRRORED, { approving });

  it('is one job for each listing, however many letters it has', () => {
    expect(plan([timeout, { ...timeout, id: '3' }, { ...timeout, ...GLOBEX, id: '4' }]).asks).toEqual([
      { ...ACME, approves: null, records: [] },
      { ...GLOBEX, approves: null, records: [] },
    ]);
  });

  it('checks the texts of records together, and none where the listing is mirrored again anyway', () => {
    expect(plan([record('5'), record('6')]).asks).toEqual([{ ...ACME, approves: null, records: ['5', '6'] }]);
    for (const letters of [
      [record('5'), timeout],
      [timeout, record('5')],
    ]) {
      expect(plan(letters).asks).toEqual([{ ...ACME, approves: null, records: [] }]);
    }
  });

  it('approves a removal that was held only where that was meant, and says which it did not', () => {
    for (const letters of [
      [HELD, timeout],
      [timeout, HELD],
    ]) {
      expect(plan(letters)).toMatchObject({ asks: [{ ...ACME, approves: '7' }], unapproved: [] });
      expect(plan(letters, false)).toMatchObject({ asks: [{ ...ACME, approves: null }], unapproved: [HELD] });
    }
  });

  it('asks only for listings of open letters that the settings name, each once, and leaves no letter unaccounted', () => {
    fc.assert(
      fc.property(fc.array(anyLetter), fc.boolean(), (letters, approving) => {
        const { asks, refused } = plan(letters, approving);
        const replayed = letters.filter((letter) => replayOf(letter, MIRRORED).does !== 'nothing');
        expect(refused).toHaveLength(letters.length - replayed.length);
        expect(asks.map(targetId).sort()).toEqual([...new Set(replayed.map(targetId))].sort());
        for (const ask of asks) {
          const its = replayed.filter((letter) => targetId(letter) === targetId(ask));
          const records = its.every(({ level }) => level === 'record') ? its.map(({ id }) => id) : [];
          expect(ask.records).toEqual(records);
          if (!approving) expect(ask.approves).toBeNull();
        }
      }),
    );
  });
});
