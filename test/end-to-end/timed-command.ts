/**
 * `catalog-mirror ARGS` at a moment that it is given, so that what it stores can be compared with what another one stored;
 * at the time that it is where it is given `now`.
 * Built and run as a process of its own by processes.ts.
 */
import { runProgram } from '../../src/cli/program.ts';
import { createSystemClock } from '../../src/clock.ts';

const [moment = 'now', ...args] = process.argv.slice(2);
const present = { ...createSystemClock(), random: () => 0 };
const clock = moment === 'now' ? present : { ...present, now: () => new Date(moment) };

process.exitCode = await runProgram(args, { process, clock });
