/**
 * `catalog-mirror sync --json` at a moment that it is given, so that what it stores can be compared with what another one
 * stored; without one at the time that it is.
 * Built and run as a process of its own by processes.ts.
 */
import { runProgram } from '../../src/cli/program.ts';
import { createSystemClock } from '../../src/clock.ts';

const [moment] = process.argv.slice(2);
const present = { ...createSystemClock(), random: () => 0 };
const clock = moment === undefined ? present : { ...present, now: () => new Date(moment) };

process.exitCode = await runProgram(['sync', '--json'], { process, clock });
