import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { LETTER_LEVELS } from '../../src/letters/types.ts';
import { type ReplayedLetter, replayOf } from '../../src/queue/replay.ts';
import { LETTER_STATES } from '../../src/store/dead-letters/letter.ts';
import { ACME, GLOBEX } from './ground.ts';

const HELD: ReplayedLetter = {
  ...ACME,
  errorClass: 'suspicious_removal',
  level: 'organization',
  runId: '7',
  state: 'open',
};
const MIRRORED = [GLOBEX, ACME];

const anyLetter: fc.Arbitrary<ReplayedLetter> = fc.record({
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

  it('does nothing with a single record', () => {
    expect(replayOf({ ...HELD, level: 'record', errorClass: 'invalid_record' }, MIRRORED)).toEqual({
      does: 'nothing',
      because: 'record',
    });
  });

  it('mirrors what the letter is about and nothing else, and approves only what an open held letter names', () => {
    fc.assert(
      fc.property(anyLetter, (letter) => {
        const replay = replayOf(letter, MIRRORED);
        if (replay.does === 'nothing') return;
        expect(letter.state).toBe('open');
        expect(replay.target).toEqual({ organization: letter.organization, kind: letter.kind });
        expect(replay.approves).toBe(letter.errorClass === 'suspicious_removal' ? letter.runId : null);
      }),
    );
  });
});
