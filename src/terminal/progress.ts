import type { Clock } from '../clock.ts';
import { createColours } from './colours.ts';
import type { Output } from './output.ts';
import { type ProgressState, type ProgressTask, progressLine, progressSentence } from './progress-line.ts';

export interface ProgressOptions {
  readonly output: Output;
  /** Real time, also where the work itself lives in another one (the demo's nights). */
  readonly clock: Clock;
  /** What is being done: `mirroring`. */
  readonly verb: string;
  /** How many things there are in all; null where nobody knows. */
  readonly total: number | null;
  /** What each of them counts; default `pages`. */
  readonly unit?: string;
}

/** What the work tells while it is under way. */
export interface Progress {
  /** Where one thing is; the first word of it begins it. `total` is null while nobody knows. */
  update(name: string, done: number, total: number | null): void;
  /** One thing is over, however it ended. */
  finish(name: string): void;
  /** Where in a longer story this is: `2025-01-03`. */
  note(text: string): void;
  /** Prints a line that stays, without breaking what is drawn. */
  print(line: string): void;
}

/** Nobody needs progress on what is over sooner. */
const SHOWN_AFTER_MS = 1_000;
const REDRAWN_EVERY_MS = 120;
/** A log gets a line after 5 s, then ever fewer: each wait is as long as all before it, at most a minute. */
const LEAST_BETWEEN_LINES_MS = 5_000;
const MOST_BETWEEN_LINES_MS = 60_000;

const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * Shows progress on stderr while `work` is under way: one line drawn again and again on a terminal, a plain line now and
 * then elsewhere, nothing with --json, and nothing in the first second. Whatever becomes of the work, the terminal is
 * clean when the promise settles.
 *
 * @returns what `work` returns
 * @throws what `work` throws
 */
export async function withProgress<Result>(
  options: ProgressOptions,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const display = createDisplay(options);
  const over = new AbortController();
  const showing = options.output.json ? Promise.resolve() : show(display, options, over.signal);
  try {
    return await work(display);
  } finally {
    over.abort();
    await showing;
    display.clear();
  }
}

interface Display extends Progress {
  draw(elapsedMs: number): void;
  clear(): void;
}

async function show(display: Display, { output, clock }: ProgressOptions, over: AbortSignal): Promise<void> {
  const startedAt = clock.now().getTime();
  const elapsed = (): number => clock.now().getTime() - startedAt;
  const pause = (): number => {
    if (output.stderr.isTerminal) return elapsed() < SHOWN_AFTER_MS ? SHOWN_AFTER_MS : REDRAWN_EVERY_MS;
    return Math.min(MOST_BETWEEN_LINES_MS, Math.max(LEAST_BETWEEN_LINES_MS, elapsed()));
  };
  while (!over.aborted) {
    try {
      await clock.sleep(pause(), over);
      if (!over.aborted) display.draw(elapsed());
    } catch {
      // The work is over, or nobody can be told of it any more: either way it goes on without this.
      return;
    }
  }
}

function createDisplay({ output, verb, total, unit = 'pages' }: ProgressOptions): Display {
  const stream = output.stderr;
  const colours = createColours(stream.colour);
  const tasks = new Map<string, ProgressTask>();
  let finished = 0;
  let note = '';
  let drawn = '';

  const state = (): ProgressState => ({ verb, total, unit, finished, note, tasks: [...tasks.values()] });

  const clear = (): void => {
    if (drawn !== '') stream.write(CLEAR_LINE);
    drawn = '';
  };

  return {
    update: (name, done, totalOfTask) => {
      tasks.set(name, { name, done, total: totalOfTask });
    },
    finish: (name) => {
      tasks.delete(name);
      finished += 1;
    },
    note: (text) => {
      note = text;
    },
    print: (line) => {
      if (output.json) return;
      clear();
      stream.write(`${line}\n`);
    },
    draw: (elapsedMs) => {
      if (!stream.isTerminal) {
        stream.write(`${progressSentence(state(), elapsedMs)}\n`);
        return;
      }
      // One column stays free: a terminal that is full to the last one may already have begun the next line.
      const width = (Number.isFinite(stream.columns) ? stream.columns : DEFAULT_COLUMNS) - 1;
      const line = progressLine(state(), elapsedMs, width, colours);
      if (line === drawn) return;
      stream.write(`${CLEAR_LINE}${line}`);
      drawn = line;
    },
    clear,
  };
}
