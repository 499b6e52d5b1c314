/**
 * `catalog-mirror sync --json` at a moment that it is given: what it stores can be compared with what another one stored.
 * Built and run as a process of its own by processes.ts.
 */
import { runProgram } from '../../src/cli/program.ts';
import { createSystemClock } from '../../src/clock.ts';

const [moment = ''] = process.argv.slice(2);
const clock = { ...createSystemClock(), now: () => new Date(moment), random: () => 0 };

process.exitCode = await runProgram(['sync', '--json'], { process, clock });
