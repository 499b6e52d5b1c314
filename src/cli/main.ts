#!/usr/bin/env node
import { createSystemClock } from '../clock.ts';
import { limitHeap } from './heap-limits.ts';
import { runProgram } from './program.ts';

limitHeap();
process.exitCode = await runProgram(process.argv.slice(2), { process, clock: createSystemClock() });
