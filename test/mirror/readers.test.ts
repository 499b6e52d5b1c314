import { afterEach, describe, expect, it } from 'vitest';
import type { RunFigures, RunState } from '../../src/store/run.ts';
import { createStateReader } from '../end-to-end/state-of-mirror.ts';
import { watchMirror } from '../end-to-end/watch.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from './harness.ts';
import { placeStops, type Turnstile } from './turnstile.ts';

let harness: Harness;
let turnstile: Turnstile | null = null;
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  await harness.close();
});

/** A night after a first one of 60 artifacts, by the state that it ends in. */
interface SecondNight {
  readonly state: RunState;
  /** What happens in the catalog, besides what happens in every night. */
  readonly happens: () => void;
  readonly figures: Partial<RunFigures>;
}

const remove = (from: number, to: number): void => {
  for (let n = from; n <= to; n++) harness.catalog.remove('acme', artifactId(n));
};

const SECOND_NIGHTS: readonly SecondNight[] = [
  {
    state: 'certified',
    happens: () => remove(6, 8),
    figures: { added: 1, changed: 1, counted: 2, withdrawn: 3, letters: 1 },
  },
  {
    state: 'held',
    happens: () => remove(6, 20),
    figures: { added: 1, changed: 1, counted: 2, withdrawn: 0, letters: 2 },
  },
  {
    state: 'partial',
    happens: () => {
      remove(6, 8);
      harness.catalog.script(({ query }) => (query['page'] === '3' ? { act: 'status', status: 403 } : undefined));
    },
    figures: { added: 1, changed: 1, counted: 2, withdrawn: 0, letters: 2 },
  },
];

/** A first night, and all that any second one meets: a counter that moves, a change, an arrival, a bad record. */
async function prepareNight({ happens }: SecondNight): Promise<void> {
  harness = await openHarness({ lists: { acme: artifacts(1, 60) } });
  await harness.night('2025-01-01');
  harness.catalog.update('acme', artifactId(3), { download_count: 1_000 });
  harness.catalog.update('acme', artifactId(4), { framework: 'gguf' });
  harness.catalog.update('acme', artifactId(5), { version: null });
  harness.catalog.put('acme', artifact(70));
  happens();
}

describe.skipIf(!postgresAvailable).each(SECOND_NIGHTS)(
  'a reader of every table and view, in a $state night',
  (second) => {
    it('sees the state before the night wherever its transaction stands, and all of it afterwards', async () => {
      await prepareNight(second);
      const stops = [
        'AFTER INSERT ON mirror.artifacts',
        'AFTER INSERT ON mirror.download_observations',
        'AFTER UPDATE ON mirror.artifacts',
        'AFTER INSERT ON mirror.artifact_events',
        'AFTER INSERT ON mirror.dead_letters',
        'AFTER DELETE ON mirror.staged_pages',
        'AFTER DELETE ON mirror.staged_bad_records',
      ];
      turnstile = await placeStops(harness.database, stops);
      const readState = await createStateReader(turnstile.passingPool);
      const { shown: before } = await readState();
      const night = harness.night('2025-01-02');
      const stoodAt = new Set<string>();
      while (stoodAt.size < stops.length) {
        const { stop } = await turnstile.arrival();
        stoodAt.add(stop);
        expect(await readState(), stop).toEqual({ shown: before, active: 1 });
        await turnstile.open(stop);
      }
      expect(await night).toMatchObject({ state: second.state, figures: second.figures });
      const after = await readState();
      expect(after.shown).not.toBe(before);
      expect(after.active).toBe(0);
    });

    it('who reads without a pause meets two states, never a third', async () => {
      await prepareNight(second);
      const watch = await watchMirror(harness.database.connectionString);
      let isOver = false;
      const night = harness.night('2025-01-02').finally(() => {
        isOver = true;
      });
      while (!isOver) await watch.read();
      expect((await night).state).toBe(second.state);
      await watch.stop();
      expect(watch.states).toHaveLength(2);
      expect(watch.readings).toBeGreaterThan(2);
    });
  },
);
