/**
 * `catalog-mirror VERB…` as a process of the soak: `now` or a moment that its clock shows all the time, then the verb.
 * Built and started by soak/run-soak.ts.
 */
import { runProgram } from '../src/cli/program.ts';
import { createSystemClock } from '../src/clock.ts';
import { watchWhatKeepsAlive } from './kept-alive.ts';

const [moment = 'now', ...args] = process.argv.slice(2);
const present = createSystemClock();
const clock = moment === 'now' ? present : { ...present, now: () => new Date(moment) };

const whatKeepsAlive = watchWhatKeepsAlive();
process.on('SIGUSR2', () => process.stderr.write(`kept alive by: ${whatKeepsAlive()}\n`));

process.exitCode = await runProgram(args, { process, clock });
