import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const USAGE = fileURLToPath(new URL('./usage-process.mjs', import.meta.url));
const usageSchema = z.object({ maxRssKib: z.number(), cpuMs: z.number() });

/** What a process came to, from its start to its end. */
export interface Measured {
  readonly ms: number;
  /** Of all its threads, user and system together. */
  readonly cpuMs: number;
  readonly peakRssMb: number;
  readonly out: string;
}

/**
 * Runs `node ARGS` to its end and measures it.
 *
 * @throws Error with what it said where it ends with another code than 0
 */
export async function runProcess(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Measured> {
  const begunAt = performance.now();
  const child = spawn(process.execPath, ['--import', USAGE, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code]: (number | null)[] = await once(child, 'exit');
  const ms = performance.now() - begunAt;
  const [out, err] = await said;
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}:\n${err}${out}`);
  const { maxRssKib, cpuMs } = usageSchema.parse(JSON.parse(/^usage (.*)$/m.exec(err)?.[1] ?? 'null'));
  return { ms, cpuMs, peakRssMb: (maxRssKib * 1_024) / 1_000_000, out };
}
