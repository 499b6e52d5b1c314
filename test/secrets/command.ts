/** `catalog-mirror`, but what is tried again is tried again at once. Built and run as a process of its own. */
import { runProgram } from '../../src/cli/program.ts';
import { createSystemClock } from '../../src/clock.ts';

const clock = { ...createSystemClock(), random: () => 0 };

process.exitCode = await runProgram(process.argv.slice(2), { process, clock });
