/** `npm run soak`: real workers, real servers and a fake catalog under random faults, then the checks (docs/reliability.md). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wantsColour } from '../src/terminal/output.ts';
import { type BuiltProgram, buildProgram } from '../test/support/built-program.ts';
import { readOptions, type SoakOptions, USAGE } from './options.ts';
import type { SoakOutcome } from './outcome.ts';
import { commandFor, renderOutcome } from './render.ts';
import { runSoak } from './run-soak.ts';

const COMMAND = fileURLToPath(new URL('./command.ts', import.meta.url));

async function soak(options: SoakOptions, program: BuiltProgram, signal: AbortSignal): Promise<readonly SoakOutcome[]> {
  const outcomes: SoakOutcome[] = [];
  for (const queue of options.queues) {
    if (signal.aborted) break;
    const startedAt = Date.now();
    const log = (line: string): void => {
      const seconds = Math.floor((Date.now() - startedAt) / 1_000);
      const clock = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
      process.stderr.write(`${queue} ${clock}  ${line}\n`);
    };
    const { outcome, lines } = await runSoak({ ...options, queue, program, log, signal });
    outcomes.push(outcome);
    if (options.keep !== null) {
      await mkdir(options.keep, { recursive: true });
      await writeFile(join(options.keep, `workers-${queue}-${options.seed}.log`), `${lines.join('\n')}\n`);
    }
    if (options.json) continue;
    const colour = wantsColour(process.stdout.isTTY === true, process.env);
    process.stdout.write(
      `${renderOutcome(outcome, { colour, width: process.stdout.columns ?? Number.POSITIVE_INFINITY })}\n`,
    );
  }
  return outcomes;
}

async function main(): Promise<number> {
  let options: SoakOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    return 2;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const program = await buildProgram(COMMAND);
  try {
    const outcomes = await soak(options, program, ending.signal);
    if (options.json) process.stdout.write(`${JSON.stringify(outcomes)}\n`);
    const failed = outcomes.filter(({ checks }) => checks.some(({ problems }) => problems.length > 0));
    for (const outcome of failed) process.stderr.write(`failed; the same faults again: ${commandFor(outcome)}\n`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await program.remove();
  }
}

process.exitCode = await main();
