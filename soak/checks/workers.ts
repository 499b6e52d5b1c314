import { countOf } from '../../src/terminal/format.ts';
import type { Fleet } from '../fleet.ts';
import { type Check, some } from './check.ts';

const STACK = /^\d+:\s+at .+:\d+:\d+\)?$|node:internal|UnhandledPromiseRejection/;

/** Workers ended only when they were told to or killed, wrote lines that a person understands, and kept the secrets. */
export function checkWorkers(fleet: Fleet, secrets: readonly string[]): Check {
  const strange = fleet.lines.filter((line) => STACK.test(line));
  const told = fleet.lines.filter((line) => secrets.some((secret) => line.includes(secret)));
  return {
    claim: 'no worker ended by itself, wrote a stack trace or told a secret',
    lookedAt: `${countOf(fleet.started, 'worker')}, ${countOf(fleet.lines.length, 'line')}`,
    problems: some([
      ...fleet.complaints,
      ...strange.map((line) => `a worker wrote a stack trace: ${line}`),
      ...told.map(() => 'a worker wrote a secret into its log'),
    ]),
  };
}
