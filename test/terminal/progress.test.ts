import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createColours } from '../../src/terminal/colours.ts';
import { type Progress, withProgress } from '../../src/terminal/progress.ts';
import { type ProgressState, progressLine, progressSentence } from '../../src/terminal/progress-line.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { FakeClock } from '../support/clock.ts';
import { probeOutput, screenOf } from './output-probe.ts';

const terminal = { isTerminal: true, columns: 100 };

/** Runs work that is under way until `during` is done with it, with a clock that only `wait` moves. */
async function underWay(
  probe: ReturnType<typeof probeOutput>,
  during: (progress: Progress, wait: (milliseconds: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock({ autoAdvance: false });
  const wait = async (milliseconds: number): Promise<void> => {
    // In small steps, as real time would: the display sleeps again and again.
    for (let left = milliseconds; left > 0; left -= 20) {
      clock.advance(Math.min(20, left));
      await setImmediate();
    }
  };
  await withProgress({ output: probe.output, clock, verb: 'mirroring', total: 6 }, (progress) =>
    during(progress, wait),
  );
  expect(clock.sleeping, 'sleeps left behind').toBe(0);
}

describe('progress on a terminal', () => {
  it('is silent for the first second, then shows what is under way in one line', async () => {
    const probe = probeOutput(terminal);
    await underWay(probe, async (progress, wait) => {
      progress.update('lucataco', 2, 3);
      await wait(980);
      expect(probe.stderr).toEqual([]);
      await wait(40);
      expect(screenOf(probe.stderr).line).toBe('mirroring ━━────────────────── 0 of 6 · 1 s · lucataco 2/3 pages');
    });
  });

  it('follows the work, several things side by side', async () => {
    const probe = probeOutput(terminal);
    await underWay(probe, async (progress, wait) => {
      await wait(1_100);
      progress.update('fofr', 0, null);
      progress.update('zsxkib', 1, 1);
      progress.finish('zsxkib');
      progress.note('2025-01-03');
      await wait(140);
      expect(screenOf(probe.stderr).line).toBe(
        'mirroring ━━━───────────────── 1 of 6 · 1 s · 2025-01-03 · fofr 0 pages',
      );
    });
  });

  it('does not draw again what has not changed', async () => {
    const probe = probeOutput(terminal);
    await underWay(probe, async (_, wait) => {
      await wait(1_900);
      expect(probe.stderr).toHaveLength(1);
      await wait(200);
      expect(probe.stderr).toHaveLength(2);
    });
  });

  it('leaves the terminal clean, also where the work fails', async () => {
    const probe = probeOutput(terminal);
    const failure = new Error('the work failed');
    const work = underWay(probe, async (_, wait) => {
      await wait(1_500);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(probe.stderr.length).toBeGreaterThan(0);
    expect(screenOf(probe.stderr)).toEqual({ above: [], line: '' });
  });

  it('prints lines that stay above what is drawn', async () => {
    const probe = probeOutput(terminal);
    await underWay(probe, async (progress, wait) => {
      await wait(1_100);
      progress.print('acme: certified');
      await wait(200);
      const { above, line } = screenOf(probe.stderr);
      expect(above).toEqual(['acme: certified']);
      expect(line).toContain('0 of 6');
    });
    expect(screenOf(probe.stderr)).toEqual({ above: ['acme: certified'], line: '' });
  });

  it('outlives a stream that refuses to be written to', async () => {
    const probe = probeOutput(terminal);
    const output = {
      ...probe.output,
      stderr: {
        ...probe.output.stderr,
        write: () => {
          throw new Error('gone');
        },
      },
    };
    await expect(underWay({ ...probe, output }, (_, wait) => wait(1_500))).resolves.toBeUndefined();
  });
});

describe('progress elsewhere', () => {
  it('is a plain line now and then, ever fewer', async () => {
    const probe = probeOutput();
    await underWay(probe, async (progress, wait) => {
      progress.update('acme', 1, 4);
      await wait(4_980);
      expect(probe.stderr).toEqual([]);
      await wait(25_040);
      expect(probe.stderr).toEqual([
        'mirroring: 0 of 6 after 5 s · acme 1/4 pages\n',
        'mirroring: 0 of 6 after 10 s · acme 1/4 pages\n',
        'mirroring: 0 of 6 after 20 s · acme 1/4 pages\n',
      ]);
    });
    expect(probe.stderr).toHaveLength(3);
  });

  it('is nothing at all with --json', async () => {
    const probe = probeOutput({ ...terminal, json: true });
    await underWay(probe, async (progress, wait) => {
      progress.update('acme', 1, 4);
      progress.print('acme: certified');
      await wait(30_000);
    });
    expect([probe.stdout, probe.stderr]).toEqual([[], []]);
  });

  it('hands back what the work returns', async () => {
    const { output } = probeOutput();
    const options = { output, clock: new FakeClock({ autoAdvance: false }), verb: 'mirroring', total: null };
    expect(await withProgress(options, async () => 7)).toBe(7);
  });
});

describe('progressLine', () => {
  const state: ProgressState = {
    verb: 'mirroring',
    finished: 1,
    total: 2,
    unit: 'pages',
    note: '',
    tasks: [{ name: 'acme\u001b[2J', done: 1, total: 2 }],
  };

  it.each([10, 20, 40, 45, 60, 200])('keeps to %i columns', (width) => {
    expect(displayWidth(progressLine(state, 0, width, createColours(true)))).toBeLessThanOrEqual(width);
  });

  it('lets no name reach the terminal raw', () => {
    expect(progressLine(state, 0, 200, createColours(false))).toContain('acme\\u001b[2J 1/2 pages');
    expect(progressSentence(state, 61_000)).toBe('mirroring: 1 of 2 after 1 min 1 s · acme\\u001b[2J 1/2 pages');
  });

  it('counts half-done things as halves, so three quarters of the bar are full', () => {
    expect(progressLine(state, 0, 200, createColours(false))).toContain(`${'━'.repeat(15)}${'─'.repeat(5)} 1 of 2`);
  });

  it('has no bar where nobody knows how many there are', () => {
    const line = progressLine({ ...state, total: null }, 0, 200, createColours(false));
    expect(line).toBe('mirroring 1 done · 0 s · acme\\u001b[2J 1/2 pages');
  });

  it('counts nothing where there is one thing of which nobody knows how long it is', () => {
    const one = { ...state, total: null, finished: 0, tasks: [{ name: 'models', done: 12_000, total: null }] };
    expect(progressLine(one, 3_000, 200, createColours(false))).toBe('mirroring 3 s · models 12,000 pages');
    expect(progressSentence(one, 3_000)).toBe('mirroring: 3 s · models 12,000 pages');
  });
});
