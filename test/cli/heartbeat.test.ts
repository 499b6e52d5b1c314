import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepHeartbeat } from '../../src/cli/parts/heartbeat.ts';
import { artifacts } from '../mirror/harness.ts';
import { FakeClock } from '../support/clock.ts';
import { QUEUES, useCommands } from './ground.ts';

const BEAT_MS = 10_000;

let folder: string;
let path: string;
let clock: FakeClock;
let lines: string[];
let stopping: AbortController;
let kept: Promise<void>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-heartbeat-'));
  path = join(folder, 'heartbeat');
  clock = new FakeClock({ start: '2025-01-15T03:00:00Z', autoAdvance: false });
  lines = [];
  stopping = new AbortController();
  kept = [];
});

afterEach(async () => {
  stopping.abort();
  await Promise.all(kept);
  await rm(folder, { recursive: true });
});

function keep(...signs: readonly (() => Promise<unknown>)[]): Promise<void> {
  const keeping = keepHeartbeat({ path, signs, clock, log: (line) => lines.push(line), signal: stopping.signal });
  kept.push(keeping);
  return keeping;
}

const well = async () => undefined;
const asleep = () => vi.waitUntil(() => clock.sleeping === 1);
const written = () => readFile(path, 'utf8');

async function nextBeat(): Promise<void> {
  await asleep();
  clock.advance(BEAT_MS);
  await asleep();
}

describe('a heartbeat', () => {
  it('is written at once and every ten seconds, until it is told to stop', async () => {
    const keeping = keep(well, well);
    await asleep();
    expect(await written()).toBe('2025-01-15T03:00:00.000Z\n');
    await nextBeat();
    expect(await written()).toBe('2025-01-15T03:00:10.000Z\n');
    stopping.abort();
    await keeping;
    clock.advance(BEAT_MS);
    expect(await written()).toBe('2025-01-15T03:00:10.000Z\n');
    expect(lines).toEqual([]);
  });

  it('stays away while one of the parts does not answer, with one line a minute, and comes back with it', async () => {
    let answers = true;
    keep(well, async () => {
      if (!answers) throw new Error('connection refused');
    });
    await asleep();
    answers = false;
    for (let beats = 0; beats < 7; beats += 1) await nextBeat();
    expect(await written()).toBe('2025-01-15T03:00:00.000Z\n');
    expect(lines).toEqual(['no heartbeat: connection refused', 'no heartbeat: connection refused']);
    answers = true;
    await nextBeat();
    expect(await written()).toBe('2025-01-15T03:01:20.000Z\n');
  });

  it('stays away while a part never comes to an answer, asks it no second time, and can be stopped', async () => {
    let asked = 0;
    const keeping = keep(() => {
      asked += 1;
      return new Promise(() => {});
    });
    clock.advance(10 * BEAT_MS);
    expect(asked).toBe(1);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    stopping.abort();
    await keeping;
    expect(clock.sleeping).toBe(0);
  });

  it('that cannot be written is a line of the log and no end of the worker', async () => {
    path = join(folder, 'nowhere', 'heartbeat');
    keep(well);
    await nextBeat();
    expect(lines).toEqual([expect.stringMatching(/^no heartbeat: ENOENT: .*nowhere/)]);
  });
});

describe.each(QUEUES)('a worker over $queue', ({ queue, available }) => {
  describe.skipIf(!available)('whose heartbeat has a path', () => {
    const ground = useCommands({ acme: artifacts(1, 2) }, { queue });

    it('writes it once it takes jobs', async () => {
      const worker = ground.start(['worker'], { MIRROR_HEARTBEAT_PATH: 'heartbeat' });
      const beat = () => readFile(join(ground.folder, 'heartbeat'), 'utf8').catch(() => null);
      await expect.poll(beat, { timeout: 20_000 }).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\n$/);
      worker.signal('SIGTERM');
      const { code, err } = await worker.ended;
      expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining('no heartbeat') });
    });
  });
});
