import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCENARIOS } from '../../src/fake/adversary/scenarios.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { freePort } from '../support/free-port.ts';
import { type Running, runCommand, STACK, startCommand } from './terminal.ts';

const surroundings = { env: {}, cwd: '/' };
const announced = z.strictObject({ url: z.url(), scenario: z.string(), seed: z.int(), organization: z.string() });

const started: Running[] = [];

function start(...args: readonly string[]): Running {
  const running = startCommand(['fake-catalog', ...args], surroundings);
  started.push(running);
  return running;
}

afterEach(async () => {
  for (const running of started) if (!running.isOver) running.signal('SIGTERM');
  await Promise.all(started.splice(0).map(({ ended }) => ended));
});

describe('fake-catalog', () => {
  it('serves the scenario on loopback until Ctrl-C, and says how to point a mirror at it', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const list = ['--scenario', 'wild', '--seed', '3', '--organization', 'umbrella', '--size', '30'];
    const running = start(...list, '--port', String(port));
    await running.said('Ctrl-C stops it.');
    const response = await fetch(`${url}/api/v1/org/umbrella/models?limit=10`);
    expect(await response.json()).toMatchObject({ total: 30, limit: 10 });
    expect(await (await fetch(`${url}/adversary`)).json()).toMatchObject({ scenario: 'wild', seed: 3, reads: 1 });
    running.signal('SIGINT');
    const { code, out, err } = await running.ended;
    expect({ code, out }).toEqual({ code: 0, out: `${url}\n` });
    expect(err).toContain('30 models of umbrella, scenario wild, seed 3. Before every read one item goes');
    expect(err).toContain(`export CATALOG_URL=${url} CATALOG_ORGANIZATIONS=umbrella CATALOG_MIRROR_HOME=`);
    expect(err).toContain(`curl -X POST ${url}/adversary/rest\n`);
    expect(err).toContain('stopped after 1 read\n');
    await expect(fetch(url)).rejects.toThrow();
  });

  it('prints one line with --json, and ends well on SIGTERM', async () => {
    const running = start('--scenario', 'quiet', '--json');
    await running.said('\n');
    running.signal('SIGTERM');
    const { code, out, err } = await running.ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toHaveLength(2);
    expect(announced.parse(JSON.parse(out))).toMatchObject({ scenario: 'quiet', seed: 1, organization: 'acme' });
  });

  it('lists the scenarios, aligned, each with its sentence', async () => {
    const { code, out, err } = await runCommand(['fake-catalog', '--list'], { ...surroundings, columns: 80 });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const text = out.replaceAll(/\s+/g, ' ');
    for (const { name, sentence } of SCENARIOS) expect(text).toContain(`${name} ${sentence}`);
    for (const line of out.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    const columns = new Set(out.split('\n').map((line) => /^(?:[a-z-]+)? +/.exec(line)?.[0].length));
    columns.delete(undefined);
    expect(columns.size).toBe(1);
  });

  it('lists them as data with --json', async () => {
    const { out } = await runCommand(['fake-catalog', '--list', '--json'], surroundings);
    expect(JSON.parse(out)).toEqual(SCENARIOS.map(({ name, sentence, provable }) => ({ name, sentence, provable })));
  });

  it.each([
    [[], 'fake-catalog needs a --scenario.'],
    [['--scenario', 'wilder'], 'There is no scenario "wilder".'],
  ])('%j exits 2 and names the scenarios', async (args, problem) => {
    const { code, out, err } = await runCommand(['fake-catalog', ...args], surroundings);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const text = err.replaceAll(/\s+/g, ' ');
    expect(text).toContain(problem);
    expect(text).toContain(SCENARIOS.map(({ name }) => name).join(', '));
    expect(err).not.toMatch(STACK);
  });

  it.each([
    [['--seed', '-1'], 'Write a whole number from 0 to 4294967295.'],
    [['--seed', '1.5'], 'Write a whole number from 0 to 4294967295.'],
    [['--size', '1000001'], 'Write a whole number from 0 to 1000000.'],
    [['--port', '65536'], 'Write a whole number from 0 to 65535.'],
    [['--organization', 'a/b'], 'It has a slash, a blank or a control character.'],
  ])('%j exits 2 and says how to write it', async (args, problem) => {
    const { code, out, err } = await runCommand(['fake-catalog', '--scenario', 'quiet', ...args], surroundings);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
  });

  it('exits 2 where its port is taken, and says what to do', async () => {
    const port = String(await freePort());
    await start('--scenario', 'quiet', '--port', port).said('Ctrl-C stops it.');
    const { code, err } = await runCommand(['fake-catalog', '--scenario', 'quiet', '--port', port], surroundings);
    expect(code).toBe(2);
    expect(err).toContain(`The fake catalog cannot listen on port ${port} of 127.0.0.1`);
    expect(err).toContain('Choose another --port');
    expect(err).not.toMatch(STACK);
  });
});
