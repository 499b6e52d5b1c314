import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** Makes values that live for a while, and says how large the spaces for new and old ones became, in MB. */
const WORK = `
  import { setImmediate } from 'node:timers/promises';
  import { getHeapSpaceStatistics } from 'node:v8';
  import { limitHeap } from './src/cli/heap-limits.ts';
  if (process.argv[1] === 'limited') limitHeap();
  const live = Array.from({ length: 1_000_000 }, (_, n) => ({ n }));
  let most = { young: 0, old: 0 };
  let recent = [];
  for (let turn = 0; turn < 1_500; turn += 1) {
    recent = [...recent.slice(-80), Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'a' + n }))];
    const sizeOf = (name) => getHeapSpaceStatistics().find((space) => space.space_name === name).space_size / 1e6;
    most = { young: Math.max(most.young, sizeOf('new_space')), old: Math.max(most.old, sizeOf('old_space')) };
    await setImmediate();
  }
  console.log(JSON.stringify({ ...most, live: live.length }));
`;

async function sizes(how: 'limited' | 'as it comes'): Promise<{ readonly young: number; readonly old: number }> {
  const { stdout, stderr } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', WORK, how]);
  // A Node that does not know one of the settings any more says so here.
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it('keeps the heap of a program smaller than V8 would let it grow', async () => {
  const limited = await sizes('limited');
  const asItComes = await sizes('as it comes');
  // One more doubling than it should be, where the program was too busy to hear of the last one.
  expect(limited.young).toBeLessThan(100);
  expect(limited.young + limited.old).toBeLessThan(0.8 * (asItComes.young + asItComes.old));
});
