#!/usr/bin/env node
import { createSystemClock } from '../clock.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), { process, clock: createSystemClock() });
